import type { ClientBase } from 'pg';
import { identifier, literal } from '../database/sql.ts';
import { BOUND_CHECK, type TableFacts } from './table-facts.ts';

/** The start of the comment of an index that gets its name once that is free; its own may follow, on the next line. */
export const RENAME = 'webmacs: to be renamed to ';

/** That of a foreign key that is still to be checked, likewise. */
export const CHECK = 'webmacs: to be checked';

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

/** Returns the statements that have `finishReplacing` check the foreign keys of the new table, which has rows of the old one. */
export function checkLater({ constraints }: TableFacts): string[] {
  return constraints
    .filter(({ kind }) => kind === 'f')
    .map(({ name, comment }) =>
      commented(`constraint ${identifier(name)} on datapoints`, `${CHECK}${comment === null ? '' : `\n${comment}`}`),
    );
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

/** Does work that makes tables again without their comments, and gives them those of what there still is by the same name. */
export async function keepingComments(
  client: ClientBase,
  tables: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const before = await commentsOf(client, tables);
  await work();
  const lost = [...(await commentsOf(client, tables))].filter(
    ([object, comment]) => comment === null && before.get(object),
  );
  for (const [object] of lost) {
    await client.query(commented(object, before.get(object) ?? null));
  }
}

/** @returns the comments of tables and of what belongs to them, by what SQL calls it, such as `column public.events.name` */
async function commentsOf(client: ClientBase, tables: readonly string[]): Promise<Map<string, string | null>> {
  const { rows } = await client.query<{ object: string; comment: string | null }>(
    `with ours as (select oid from pg_class where oid = any ($1::regclass[]))
     select replace(replace(replace(type, 'table column', 'column'), 'table constraint', 'constraint'), 'statistics object', 'statistics')
              || ' ' || identity as object, description as comment
       from (select 'pg_class'::regclass, oid, 0 from ours
             union all
             select 'pg_class'::regclass, attrelid, attnum from pg_attribute join ours on oid = attrelid where attnum > 0 and not attisdropped
             union all
             select 'pg_class'::regclass, indexrelid, 0 from pg_index join ours on oid = indrelid
             union all
             select 'pg_constraint'::regclass, c.oid, 0 from pg_constraint c join ours on ours.oid = conrelid
             union all
             select 'pg_statistic_ext'::regclass, s.oid, 0 from pg_statistic_ext s join ours on ours.oid = stxrelid
            ) objects (class, object, part)
       cross join pg_identify_object(class, object, part)
       left join pg_description d on classoid = class and objoid = object and objsubid = part`,
    [tables],
  );
  return new Map(rows.map(({ object, comment }) => [object, comment]));
}
