import type { EntityClass } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Place } from './problem.ts';

/** A value of a field: what JSON can express, and infinite numbers. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** The fields of a row, named as in JSON; other rows are referred to by their names. */
export type Fields = Readonly<Record<string, Value>>;

export const KIND_NAMES = [
  'users',
  'events',
  'rules',
  'webhooks',
  'dashboards',
  'widgets',
  'plugin_instances',
  'channels',
  'firmware',
  'experiments',
] as const;
export type KindName = (typeof KIND_NAMES)[number];

/** A row as a file declares it, with the defaults of what it leaves out. */
export interface Declared {
  kind: KindName;
  /** The row that it belongs to, such as the dashboard of a widget. */
  parent?: Declared;
  /** Its natural name; among the children of one row, or the rows of one owner, for some kinds. */
  name: string;
  /** All fields; the owner only if the file names one. */
  fields: Fields;
  publicId?: string | undefined;
  renamedFrom?: string | undefined;
  /** What is not compared as a field, the password of a user or the secret of a webhook: `null` for none, `undefined` to keep it. */
  secret?: SecretFrom | null | undefined;
  /** Whether the file lists the rows that belong to it, so that others can be deleted. */
  listsChildren?: boolean;
  place: Place;
  /** Where it is in its document, such as `['events', 'Bed']`. */
  path: readonly string[];
}

/** A secret in plain text, or where it comes from. */
export type SecretFrom =
  | { env: string }
  | { file: string }
  | { command: string | readonly string[] }
  | { plain: string };

export interface Site {
  /** In the order of the files. */
  rows: readonly Declared[];
  /** The kinds that the files have, also without rows. */
  kinds: ReadonlySet<KindName>;
  /** The owner of the rows of the last document for which it names none. */
  owner?: string | undefined;
}

export interface Stored {
  id: number;
  publicId: string;
}

/** By public id, the names of rows that others refer to; renamed ones have their new names. */
export interface Names {
  users: Map<string, string>;
  events: Map<string, string>;
}

/** By name, the public ids of rows that others refer to, also of those that are to be created. */
export interface Keys {
  users: Map<string, string>;
  events: Map<string, string>;
}

/** How the rows of one kind are read, compared and written. */
export interface Kind<R extends Stored = Stored, F extends object = Fields> {
  name: KindName;
  singular: string;
  entity: EntityClass<R>;
  /** The kind of the row that it belongs to, and the property that refers to it. */
  parent?: { kind: KindName; property: string; idOf(row: R): number };
  /** Whether rows are only created: neither changed nor deleted. */
  isCreateOnly?: boolean;
  /** Whether names are unique among the rows of one owner only. */
  isNamedByOwner?: boolean;
  /** The properties whose values are unique; one may move from one row to another. */
  uniques: readonly (keyof R & string)[];
  nameOf(row: R): string;
  /** Returns all fields of a row, as a file would declare them. */
  fieldsOf(row: R, names: Names): F;
  /**
   * Returns the properties of a row with this name and these fields.
   * @param em tells what users can have; without it, only what every database allows is checked
   * @param before the row that is changed
   * @throws InvalidInputError if the domain does not allow them
   */
  columns(em: EntityManager | undefined, name: string, fields: F, keys: Keys, before?: R): Record<string, unknown>;
}

/** Returns the kind without the types of its rows and fields, so that all kinds can be in one list. */
export function defineKind<R extends Stored, F extends object>(kind: Kind<R, F>): Kind {
  return kind as unknown as Kind;
}
