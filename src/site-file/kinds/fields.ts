import { isDeepStrictEqual } from 'node:util';
import { checkConfig } from '../../domain/checks.ts';
import { InvalidInputError } from '../../errors.ts';
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

export function eventKey(name: string | null, keys: Keys): string | null {
  return name === null ? null : (keys.events.get(name) ?? null);
}

/** A configuration as a mapping, if its text is one. */
export function configField(text: string | null | undefined): Record<string, unknown> | string | null {
  const value = parsed(text);
  return isJsonObject(value) ? value : (text ?? null);
}

/**
 * Returns a configuration as text; as it is, if its meaning stays the same.
 * @throws InvalidInputError
 */
export function configText(config: object | string | null, before: string | null | undefined): string | null {
  if (before && (config === before || isDeepStrictEqual(parsed(before), config))) {
    return before;
  }
  const text = typeof config === 'object' && config !== null ? JSON.stringify(config, refuseInfinite) : config;
  if (text !== null) {
    checkConfig(text);
  }
  return text;
}

function refuseInfinite(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new InvalidInputError(`The configuration has the number ${value}, which JSON has not.`);
  }
  return value;
}

function parsed(text: string | null | undefined): unknown {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
