import { ConflictError, InvalidInputError } from '../errors.ts';

/** A public id or its first 8 or more characters, in either case. */
const ID_PREFIX = /^[0-9a-f-]{8,36}$/i;

/** A UUID in any form that PostgreSQL accepts: with or without dashes after each four digits, and with or without braces. */
const UUID = /^\{?[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}\}?$/i;

/** The most rows that a message lists. */
const MAX_LISTED = 5;

/** How rows of a kind are named. */
export interface Naming<T> {
  /** The kind in messages, such as `event`. */
  kind: string;
  /** Whether the text is this row's name. */
  isNamed(row: T): boolean;
  /** The name of this row in messages, if it has one. */
  nameOf(row: T): string | undefined;
}

/** Whether the text can refer to a row by the first characters of its public id. */
export function isIdPrefix(text: string): boolean {
  return ID_PREFIX.test(text);
}

/**
 * Returns the one row that a text refers to, by the same rule everywhere: an exact public id takes precedence; then come
 * the name and the first 8 or more characters of a public id, with equal precedence.
 * @param rows the candidates
 * @throws ConflictError listing the rows, if more than one matches, or has this very public id
 */
export function onlyRow<T extends { publicId: string }>(
  given: string,
  rows: readonly T[],
  naming: Naming<T>,
): T | undefined {
  const [exact, twin] = rows.filter(({ publicId }) => publicId === given);
  if (twin) {
    throw sharedId(naming.kind, given);
  }
  if (exact) {
    return exact;
  }
  const named = rows.filter((row) => naming.isNamed(row));
  const prefix = isIdPrefix(given) ? given.toLowerCase() : undefined;
  const prefixed = rows.filter((row) => prefix && row.publicId.startsWith(prefix) && !named.includes(row));
  const [only, another] = [...named, ...prefixed];
  if (only && another) {
    const isShared = [...named, ...prefixed].every(({ publicId }) => publicId === only.publicId);
    throw isShared ? sharedId(naming.kind, only.publicId) : ambiguous(given, named, prefixed, naming);
  }
  return only;
}

/**
 * Refuses a name that looks like a public id, and so could refer to another row.
 * @param what the property, such as `name`
 * @param before the current name, which is accepted
 * @throws InvalidInputError
 */
export function refuseIdAsName(what: string, name: string, before?: string): void {
  if (name !== before && UUID.test(name.trim())) {
    throw new InvalidInputError(
      `The ${what} "${name}" looks like a UUID, and could be mistaken for the public id of another row.`,
      { hint: 'Choose a name with a word in it; every row gets its own public id.' },
    );
  }
}

/** Partitions and shards cannot keep a public id unique over all of them. */
export function sharedId(kind: string, publicId: string): ConflictError {
  return new ConflictError(`More than one ${kind} has the public id "${publicId}", in different partitions.`, {
    hint: 'Nothing was changed. Select them by event and time instead, as with --event, --from and --to.',
  });
}

function ambiguous<T extends { publicId: string }>(
  given: string,
  named: readonly T[],
  prefixed: readonly T[],
  { kind, nameOf }: Naming<T>,
): ConflictError {
  const list = (rows: readonly T[]) =>
    rows.slice(0, MAX_LISTED).map((row) => {
      const name = nameOf(row);
      return name === undefined ? row.publicId : `"${name}" (${row.publicId})`;
    });
  const ids = [...named, ...prefixed].slice(0, MAX_LISTED).map(({ publicId }) => publicId);
  const hint = `Use the full public id: ${ids.join(' or ')}.`;
  if (prefixed.length === 0) {
    const names =
      new Set(named.map(nameOf)).size > 1 ? ` if case and blanks are ignored: ${list(named).join(', ')}` : '';
    return new ConflictError(`More than one ${kind} is called "${given}"${names}.`, { hint });
  }
  const message =
    named.length === 0
      ? `More than one ${kind} has a public id that starts with "${given}": ${list(prefixed).join(', ')}.`
      : `"${given}" is the name of one ${kind}, and the public id of another one starts with it: ${list(named).join(', ')}; ${list(prefixed).join(', ')}.`;
  return new ConflictError(message, { hint });
}
