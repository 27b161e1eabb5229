import type { ClientBase, Pool } from 'pg';
import { runAlone } from '../database/run-alone.ts';
import { identifier } from '../database/sql.ts';
import { ConflictError } from '../errors.ts';
import { alone } from './alone.ts';
import { commented } from './comments.ts';
import { briefly, type ConversionOptions, expectPrivileges, look, reading } from './conversion.ts';
import { copyingIn } from './mirror.ts';
import { continueIdentity, rememberId } from './next-id.ts';
import { hasLeftovers } from './plain.ts';
import { WIDE, WIDE_CHECK, WIDENING, type WideFacts, type WideTable, wideFacts } from './widen-facts.ts';

/** Up to here, all rows are rewritten under the lock: half a second on the machine where it was measured. */
const SMALL_BYTES = 32 * 1024 ** 2;
/** How many blocks of a table are filled in one transaction: about 5,000 rows. */
const BATCH_BLOCKS = 128;
/** What a table grows by, at least, before its old rows are vacuumed; a tenth of it otherwise. */
const VACUUM_BLOCKS = 8192;

export interface WidenOptions extends ConversionOptions {
  /** Called after each batch with the rows seen to so far, and an estimate of all. */
  onProgress(rows: number, total: number): void;
}

/** What widening would do: nothing, rewrite a small table, or fill a second column while the table is used. */
export type Way = 'nothing' | 'at once' | 'online';

/**
 * Makes the ids bigint. In a large table, a second column is filled while the table is read and written: by a trigger in new
 * and changed rows, in batches in old ones; then it becomes the id, under an exclusive lock of a moment. What an interrupted
 * run has done is continued.
 * @returns what was done
 * @throws ConflictError if something refers to the ids, or would be lost; LockTimeoutError
 */
export async function widen(pool: Pool, options: WidenOptions): Promise<Way> {
  return await alone(pool, options, async () => {
    const { way, facts } = await wayToWiden(pool);
    if (way === 'at once') {
      await options.onStep('changing the type of the ids');
      await briefly(pool, options, async (client) => {
        await client.query(atOnce(facts).join(';\n'));
      });
    } else if (way === 'online') {
      await prepare(pool, options);
      if (!facts.isFilled) {
        await fill(pool, options);
      }
      for (let isDone = false; !isDone; ) {
        await buildKeys(pool, options);
        await options.onStep('making the new column the id');
        await runAlone(pool, 'analyze datapoints', options);
        isDone = await briefly(pool, options, makeId);
      }
    }
    return way;
  });
}

/**
 * Removes what an interrupted widening has added.
 * @returns whether there was anything
 */
export async function stopWidening(pool: Pool, options: ConversionOptions): Promise<boolean> {
  return await alone(pool, options, async () => {
    const isStarted = await isWidening(pool);
    if (isStarted) {
      await briefly(pool, options, async (client) => {
        await client.query(
          `drop function if exists ${WIDENING} cascade; alter table datapoints drop column if exists ${WIDE}`,
        );
      });
    }
    return isStarted;
  });
}

/** Whether a widening was interrupted. */
export async function isWidening(pool: Pool): Promise<boolean> {
  return (await reading(pool, wideFacts)).isStarted;
}

/**
 * Returns what widening would do.
 * @throws ConflictError as it would
 */
export async function wayToWiden(pool: Pool): Promise<{ way: Way; facts: WideFacts }> {
  const { form } = await look(pool);
  const facts = await reading(pool, wideFacts);
  const isWide = facts.idType === 'bigint';
  if (isWide && facts.sequence?.isBigint !== false) {
    return { way: 'nothing', facts };
  }
  const way = isWide || (facts.bytes <= SMALL_BYTES && !facts.isStarted) ? 'at once' : 'online';
  if (form === 'hypertable' || form === 'distributed') {
    throw new ConflictError(`The ids of a table in another form (${form}) cannot be widened.`, {
      hint:
        form === 'distributed'
          ? 'Bring it back to one server, widen them there, and distribute it again: webmacs db storage plain, widen, citus'
          : 'Make it one table, widen them there, and make it a hypertable again: webmacs db storage plain (--dry-run says what it takes), widen, timescale',
    });
  }
  if ((way === 'online' && (await hasLeftovers(pool))) || (await reading(pool, copyingIn)) !== undefined) {
    throw new ConflictError('Another conversion was interrupted, and has to be finished or undone first.', {
      hint: 'See how: webmacs db storage status',
    });
  }
  const lacking = facts.lacking.filter(({ online }) => way === 'online' || !online).map(({ what }) => what);
  expectPrivileges({ table: 'datapoints', lacking });
  expectNoObstacles(facts, way);
  return { way, facts };
}

function expectNoObstacles({ obstacles }: WideFacts, way: Way): void {
  const named = obstacles.filter(({ kept }) => way === 'online' || !kept).map(({ what }) => what);
  if (named.length > 0) {
    throw new ConflictError(`Other objects refer to the ids of "datapoints": ${named.join(', ')}.`, {
      hint: 'Drop them first, and create them again afterwards; a column that refers to the ids has to be bigint, too.',
    });
  }
}

function atOnce({ idType, sequence, identity }: WideFacts): string[] {
  return [
    ...(idType === 'bigint' ? [] : ['alter table datapoints alter column id type bigint']),
    // That of an identity follows the column.
    ...(sequence && identity === '' ? [`alter sequence ${sequence.name} as bigint`] : []),
  ];
}

/** Adds the column, and what keeps it equal to the id from now on. */
async function prepare(pool: Pool, options: ConversionOptions): Promise<void> {
  await briefly(pool, options, async (client) => {
    await client.query(`lock table datapoints in access exclusive mode;
      alter table datapoints add column if not exists ${WIDE} bigint;
      create or replace function ${WIDENING}() returns trigger language plpgsql as
        'begin new.${WIDE} := new.id; return new; end'`);
    const { tables } = await wideFacts(client);
    for (const { sql } of tables.filter(({ isPartition, hasTrigger }) => !isPartition && !hasTrigger)) {
      // Always: an import, and replication, run without the others.
      await client.query(`create or replace trigger ${WIDENING} before insert or update on ${sql}
          for each row execute function ${WIDENING}();
        alter table ${sql} enable always trigger ${WIDENING}`);
    }
    await client.query(`do $$ begin
        alter table datapoints add constraint ${WIDE_CHECK} check (${WIDE} is not null and ${WIDE} = id) not valid;
      exception when duplicate_object then null;
      end $$`);
  });
}

/** Fills the column in old rows, a few at a time, and has PostgreSQL check all. */
async function fill(pool: Pool, options: WidenOptions): Promise<void> {
  const { tables } = await reading(pool, wideFacts);
  const total = tables.reduce((sum, { rows }) => sum + rows, 0);
  let seen = 0;
  for (const { sql, blocks, rows } of tables.filter(({ isParent }) => !isParent)) {
    await options.onStep(`filling ${sql}`);
    const vacuumEvery = Math.max(blocks / 10, VACUUM_BLOCKS);
    let written = 0;
    for (let from = 0; from < blocks; from += BATCH_BLOCKS) {
      let changed = 0;
      await briefly(pool, options, async (client) => {
        const { rowCount } = await client.query(
          `update only ${sql} set ${WIDE} = id where ctid >= $1::text::tid and ctid < $2::text::tid and ${WIDE} is null`,
          [`(${from},0)`, `(${from + BATCH_BLOCKS},0)`],
        );
        changed = rowCount ?? 0;
      });
      written += changed > 0 ? BATCH_BLOCKS : 0;
      seen += (rows * Math.min(BATCH_BLOCKS, blocks - from)) / blocks;
      options.onProgress(Math.round(seen), total);
      if (written >= vacuumEvery) {
        await runAlone(pool, `vacuum (truncate false, skip_locked) ${sql}`, options);
        written = 0;
      }
    }
  }
  await options.onStep('checking the new column');
  await runAlone(pool, `alter table datapoints validate constraint ${WIDE_CHECK}`, options);
}

async function buildKeys(pool: Pool, options: ConversionOptions): Promise<void> {
  const { tables } = await reading(pool, wideFacts);
  for (const { sql, index, built, primary } of tables.filter(({ isParent }) => !isParent)) {
    if (primary && !built?.valid) {
      await options.onStep(`building the primary key of ${sql}`);
      if (built) {
        await runAlone(pool, `drop index concurrently ${built.sql}`, options);
      }
      await runAlone(pool, `create unique index concurrently ${index} on ${sql} (${wideColumns(primary)})`, options);
    }
  }
}

/** @returns whether it did; otherwise, there are new partitions, which lack keys */
async function makeId(client: ClientBase): Promise<boolean> {
  await client.query('lock table datapoints in access exclusive mode');
  const facts = await wideFacts(client);
  const { tables } = facts;
  expectNoObstacles(facts, 'online');
  if (tables.some(lacksTrigger)) {
    throw new ConflictError('Other sessions have changed the tables of the datapoints meanwhile.', {
      hint: 'Run it again: it continues.',
    });
  }
  const isKeyed = tables.every(({ isParent, primary, built }) => isParent || !primary || built?.valid);
  if (isKeyed) {
    await client.query(swap(facts).join(';\n'));
  }
  return isKeyed;
}

/** Returns the statements that put the new column in the place of the id, with all that that has. */
function swap({ tables, default: expression, sequence, identity, comment }: WideFacts): string[] {
  const keyed = tables.flatMap(({ primary, ...table }) => (primary ? [{ ...table, primary }] : []));
  const stores = keyed.filter(({ isParent }) => !isParent);
  return [
    `alter table datapoints alter column ${WIDE} set not null`,
    `alter table datapoints drop constraint ${WIDE_CHECK}`,
    `drop function ${WIDENING} cascade`,
    ...keyed
      .filter(({ primary }) => !primary.ofParent)
      .map(({ sql, primary }) => `alter table ${sql} drop constraint ${identifier(primary.name)}`),
    ...(identity !== '' && sequence ? [rememberId(sequence)] : []),
    ...(expression === null ? [] : [`alter table datapoints alter column ${WIDE} set default ${expression}`]),
    ...(identity === '' && sequence
      ? [`alter sequence ${sequence.name} as bigint`, `alter sequence ${sequence.name} owned by datapoints.${WIDE}`]
      : []),
    'alter table datapoints drop column id',
    // A child that had the column before it was one has kept it.
    ...tables
      .filter(({ isPartition }, at) => at > 0 && !isPartition)
      .map(({ sql }) => `alter table ${sql} drop column if exists id`),
    `alter table datapoints rename column ${WIDE} to id`,
    ...stores.map(
      ({ sql, primary, index }) =>
        `alter table ${sql} add constraint ${identifier(primary.name)} primary key using index ${index}`,
    ),
    // These take the keys of their partitions.
    ...keyed
      .filter(({ isParent, primary }) => isParent && !primary.ofParent)
      .map(
        ({ sql, primary: { name, columns } }) =>
          `alter table ${sql} add constraint ${identifier(name)} primary key (${columns.map(identifier).join(', ')})`,
      ),
    ...keyed.flatMap(({ sql, primary: { name, comment: own, indexComment } }) => [
      commented(`constraint ${identifier(name)} on ${sql}`, own),
      commented(`index ${identifier(name)}`, indexComment),
    ]),
    ...tables.flatMap(({ sql, settings }) =>
      settings.map((setting) => `alter table only ${sql} alter column id ${setting}`),
    ),
    ...(identity === '' ? [] : continueIdentity(identity === 'a')),
    commented('column datapoints.id', comment),
  ];
}

function lacksTrigger({ isPartition, hasTrigger }: WideTable): boolean {
  return !isPartition && !hasTrigger;
}

function wideColumns({ columns }: NonNullable<WideTable['primary']>): string {
  return columns.map((column) => identifier(column === 'id' ? WIDE : column)).join(', ');
}
