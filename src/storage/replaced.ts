import type { Pool } from 'pg';
import { briefly } from '../database/briefly.ts';
import { leavesOf } from '../database/leaves.ts';
import { CHECK, RENAME } from './comments.ts';
import type { ConversionOptions } from './conversion.ts';
import { IS_NESTED, unnest } from './nested.ts';
import { MARK, REPLACED } from './swap.ts';
import { COPIES } from './table-facts.ts';

/** How many partitions or chunks are dropped at once: for each, the tables that it refers to may be locked for 5 ms. */
const DROPPED_LEAVES = 20;

/** Whether a replacement is to be finished. */
export async function isReplacing(pool: Pool): Promise<boolean> {
  const { isNested, hasReplaced, statements } = await remainderOf(pool);
  return isNested || hasReplaced || statements.length > 0;
}

/**
 * Does what is left to do once a table has replaced that of the datapoints, in short transactions: also what an interrupted run has
 * left of it.
 * @returns whether there was anything
 * @throws LockTimeoutError
 */
export async function finishReplacing(pool: Pool, options: ConversionOptions): Promise<boolean> {
  const { isNested } = await remainderOf(pool);
  if (isNested) {
    await unnest(pool, options);
  }
  const { hasReplaced, statements } = await remainderOf(pool);
  const isLeft = isNested || hasReplaced || statements.length > 0;
  if (isLeft) {
    await options.onStep('removing what is left of the old form');
  }
  if (hasReplaced) {
    const leaves = (await leavesOf(pool, REPLACED)).filter(({ above, kind }) => above.length > 0 && kind === 'table');
    const drops = leaves.map(({ sql }) => `drop table ${sql}`);
    for (let first = 0; first < drops.length; first += DROPPED_LEAVES) {
      await execute(pool, drops.slice(first, first + DROPPED_LEAVES), options);
    }
    await execute(pool, [`drop table ${REPLACED}`], options);
  }
  for (const those of statements) {
    await execute(pool, those, options);
  }
  return isLeft;
}

async function execute(pool: Pool, statements: readonly string[], options: ConversionOptions): Promise<void> {
  await briefly(pool, options, async (client) => {
    // Citus takes one at a time.
    for (const statement of statements) {
      await client.query(statement);
    }
  });
}

interface Remainder {
  isNested: boolean;
  hasReplaced: boolean;
  /** What is to be done once that is dropped, in a transaction each. */
  statements: string[][];
}

async function remainderOf(pool: Pool): Promise<Remainder> {
  const { rows } = await pool.query<Remainder>(
    `select coalesce(obj_description(to_regclass($1), 'pg_class') = $2, false) as "hasReplaced", ${IS_NESTED} as "isNested",
            (select coalesce(json_agg(those), '[]') from (
              -- To rename an index waits for nobody who reads or writes; but chunks follow only the name of a constraint, and are
              -- locked first by that, while a writer waits for them.
              select case when con.oid is not null and t.relhassubclass
                          then array['lock table datapoints in access exclusive mode',
                                     format('alter table datapoints rename constraint %I to %I', i.relname, name)]
                          else array[format('alter index %s rename to %I', i.oid::regclass, name)] end
                     || format('comment on index %I is %L', name, nullif(substr(mark, length($3) + length(name) + 2), ''))
                from pg_index join pg_class i on i.oid = indexrelid join pg_class t on t.oid = indrelid
                left join pg_constraint con on conindid = i.oid and conrelid = t.oid
               cross join lateral obj_description(i.oid, 'pg_class') as mark
               cross join lateral split_part(substr(mark, length($3) + 1), e'\\n', 1) as name
               where indrelid = 'datapoints'::regclass and starts_with(mark, $3)
              union all
              select array[format('alter table datapoints validate constraint %I', conname),
                           format('comment on constraint %I on datapoints is %L', conname, nullif(substr(mark, length($4) + 2), ''))]
                from pg_constraint cross join lateral obj_description(oid, 'pg_constraint') as mark
               where conrelid = 'datapoints'::regclass and contype = 'f' and starts_with(mark, $4)
              union all
              select array[format('alter table %s drop constraint ${COPIES.split}', conrelid::regclass)]
                from pg_inherits join pg_constraint on conrelid = inhrelid
               where inhparent = 'datapoints'::regclass and conname = '${COPIES.split}' and contype = 'c') as remainder (those)) as statements`,
    [REPLACED, MARK, RENAME, CHECK],
  );
  return rows[0] ?? { isNested: false, hasReplaced: false, statements: [] };
}
