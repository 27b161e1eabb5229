import { identifier, literal } from '../database/sql.ts';
import { BOUND_CHECK, type TableFacts } from './table-facts.ts';

/** The start of the comment of an index that gets its name once that is free; its own may follow, on the next line. */
export const RENAME = 'webmacs: to be renamed to ';

/** The end of the names of the keys, and what they are of, with the time or without. */
const KEY_COLUMNS = { pkey: 'id', public_id_key: 'public_id' } as const;

/** Returns the statement that gives an object a comment, or none. */
export function commented(object: string, comment: string | null): string {
  return `comment on ${object} is ${comment === null ? 'null' : literal(comment)}`;
}

/** Returns the statement that has `finishReplacing` give an index of the new table its name and comment. */
export function renameLater(index: string, { name, comment }: { name: string; comment: string | null }): string {
  return commented(`index ${index}`, `${RENAME}${name}${comment === null ? '' : `\n${comment}`}`);
}

/** Returns the comment of the index of a key. */
export function keyComment(facts: TableFacts, suffix: keyof typeof KEY_COLUMNS): string | null {
  return keysOf(facts, suffix).find(({ index }) => index.comment !== null)?.index.comment ?? null;
}

/**
 * Returns the statements that give the constraints of the new table the comments of those of the old one.
 * @param prefix that of the names of its keys
 */
export function constraintComments(facts: TableFacts, prefix: string): string[] {
  const others = facts.constraints.filter(({ kind, name }) => (kind === 'c' && name !== BOUND_CHECK) || kind === 'f');
  const keys = (['pkey', 'public_id_key'] as const).flatMap((suffix) =>
    keysOf(facts, suffix).map(({ comment }) => ({ name: `${prefix}_${suffix}`, comment })),
  );
  return [...others, ...keys]
    .filter(({ comment }) => comment !== null)
    .map(({ name, comment }) => commented(`constraint ${identifier(name)} on datapoints`, comment));
}

function keysOf({ indexes, constraints }: TableFacts, suffix: keyof typeof KEY_COLUMNS) {
  return constraints.flatMap(({ name, kind, comment }) => {
    const index = kind === 'p' || kind === 'u' ? indexes.find((one) => one.name === name) : undefined;
    const columns = index?.columns.filter((column) => column !== 'timestamp').join();
    return index && columns === KEY_COLUMNS[suffix] ? [{ comment, index }] : [];
  });
}
