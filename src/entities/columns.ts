import { randomUUID } from 'node:crypto';
import { p } from '@mikro-orm/core';
import { TimestampType } from './types.ts';

/** The id of a row, and its public id: unique, and a new UUID unless one is given. */
export function ids(newId: () => string = () => randomUUID()) {
  const publicId = p
    .string()
    .length(100)
    .unique()
    .onCreate(() => newId());
  return { id: p.integer().primary(), publicId };
}

/** The ids of a row whose public id foreign keys refer to, and so is the ORM's primary key. */
export function idsWithPublicKey() {
  const publicId = p
    .string()
    .length(100)
    .primary()
    .onCreate(() => randomUUID());
  return { id: p.integer().unique().autoincrement().returning(), publicId };
}

/** A time; that of the insert by default. */
export function now() {
  return p.type(TimestampType).defaultRaw('now()');
}

/** A boolean with a default, both in the database and for a new entity. */
export function flag(value: boolean) {
  return p
    .boolean()
    .default(value)
    .onCreate(() => value);
}

/** One of some words, with a default, both in the database and for a new entity. */
export function choice<const Word extends string>(words: readonly Word[], value: Word) {
  return p
    .enum(words)
    .default(value)
    .onCreate(() => value);
}

/** An integer with a default, both in the database and for a new entity. */
export function integer(value: number) {
  return p
    .integer()
    .default(value)
    .onCreate(() => value);
}
