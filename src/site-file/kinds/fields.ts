import { isDeepStrictEqual } from 'node:util';
import { isJsonObject } from '../../text/json.ts';
import type { Keys, Names } from '../model.ts';

/** The field of rows that have an owner: a user name. */
export interface Owned {
  /** `null` for firmware whose owner was deleted. */
  owner?: string | null;
}

export function ownerField({ user }: { user?: { publicId: string } | null | undefined }, names: Names): Owned {
  return { owner: user ? (names.users.get(user.publicId) ?? null) : null };
}

export function ownerColumn({ owner }: Owned, keys: Keys): { user: string | null } {
  return { user: owner ? (keys.users.get(owner) ?? null) : null };
}

/** Returns the public id of an event. */
export function eventKey(name: string | null, keys: Keys): string | null {
  return name === null ? null : (keys.events.get(name) ?? null);
}

/** A configuration as a mapping, if its text is one. */
export function configField(text: string | null | undefined): object | string | null {
  const value = parsed(text);
  return isJsonObject(value) ? value : (text ?? null);
}

/** Returns a configuration as text; as it is, if its meaning stays the same. */
export function configText(config: object | string | null, before: string | null | undefined): string | null {
  if (typeof config === 'object' && config !== null) {
    return before && isDeepStrictEqual(parsed(before), config) ? before : JSON.stringify(config);
  }
  return config;
}

function parsed(text: string | null | undefined): unknown {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
