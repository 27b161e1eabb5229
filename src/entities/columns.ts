import { randomUUID } from 'node:crypto';
import { p } from '@mikro-orm/core';

/** The public id of a row: unique, and a new UUID unless one is given. */
export function publicId(newId: () => string = randomUUID) {
  return p
    .string()
    .length(100)
    .unique()
    .onCreate(() => newId());
}

/** A public id that foreign keys refer to, and so the ORM's primary key. */
export function publicKey() {
  return p
    .string()
    .length(100)
    .primary()
    .onCreate(() => randomUUID());
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
