import { ConflictError, InvalidInputError } from '../errors.ts';

/** The first characters of a public id, of which 8 or more stand for the whole; all of them in another case as well. */
const BEGINNING = /^[0-9a-f-]{8,36}$/i;

/** A UUID in every form that PostgreSQL reads: dashes after any four digits, or none, and braces. */
const UUID = /^\{?[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}\}?$/i;

/** The most rows that a message lists. */
const MOST_SHOWN = 5;

/** How rows of a kind are told apart. */
export interface Naming<T> {
  /** What messages call one, such as `event`. */
  kind: string;
  /** Whether the text is this row's name. */
  isNamed(row: T): boolean;
  /** What messages call this row; nothing where it has no name. */
  nameOf(row: T): string | undefined;
}

/** Whether the text can be the first characters of a public id, and stand for it. */
export function canBeginId(text: string): boolean {
  return BEGINNING.test(text);
}

/**
 * The one row that a text stands for, by one rule everywhere: an exact public id always wins; then come the name and
 * the first 8 or more characters of a public id, neither of which wins over the other.
 * @param rows those that the text may fit
 * @throws ConflictError that shows the rows, where it fits more than one
 */
export function onlyRow<T extends { publicId: string }>(
  given: string,
  rows: readonly T[],
  naming: Naming<T>,
): T | undefined {
  const exact = rows.find(({ publicId }) => publicId === given);
  if (exact) {
    return exact;
  }
  const named = rows.filter((row) => naming.isNamed(row));
  const beginning = canBeginId(given) ? given.toLowerCase() : undefined;
  const begun = rows.filter((row) => beginning && row.publicId.startsWith(beginning) && !named.includes(row));
  const [only, another] = [...named, ...begun];
  if (another) {
    throw ambiguous(given, named, begun, naming);
  }
  return only;
}

/**
 * Refuses a name that looks like a public id, under which another row could be meant.
 * @param what such as `name`
 * @param before the name until now, which can stay
 * @throws InvalidInputError
 */
export function refuseIdAsName(what: string, name: string, before?: string): void {
  if (name !== before && UUID.test(name.trim())) {
    throw new InvalidInputError(
      `The ${what} "${name}" looks like a UUID, and could be mistaken for the public id of another row.`,
      { hint: 'Choose another one, with a word in it; every row gets a public id of its own.' },
    );
  }
}

function ambiguous<T extends { publicId: string }>(
  given: string,
  named: readonly T[],
  begun: readonly T[],
  { kind, nameOf }: Naming<T>,
): ConflictError {
  const list = (rows: readonly T[]) =>
    rows.slice(0, MOST_SHOWN).map((row) => {
      const name = nameOf(row);
      return name === undefined ? row.publicId : `"${name}" (${row.publicId})`;
    });
  const ids = [...named, ...begun].slice(0, MOST_SHOWN).map(({ publicId }) => publicId);
  const hint = `Use the whole public id of the one you mean: ${ids.join(' or ')}.`;
  if (begun.length === 0) {
    return new ConflictError(`More than one ${kind} is called "${given}".`, { hint });
  }
  const message =
    named.length === 0
      ? `More than one ${kind} has a public id that begins with "${given}": ${list(begun).join(', ')}.`
      : `"${given}" is the name of one ${kind}, and the public id of another one begins with it: ${list(named).join(', ')}; ${list(begun).join(', ')}.`;
  return new ConflictError(message, { hint });
}
