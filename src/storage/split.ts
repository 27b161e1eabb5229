import type { ClientBase, Pool } from 'pg';
import { SCHEMA_KEY, SCHEMA_LOCK } from '../database/current-schema.ts';
import { runAlone } from '../database/run-alone.ts';
import { pollLock } from '../database/session.ts';
import { identifier, literal } from '../database/sql.ts';
import { ConflictError, LockTimeoutError } from '../errors.ts';
import { alone, briefly, type ConversionOptions, reading } from './conversion.ts';
import type { Period } from './periods.ts';
import { isSplitting, type Piece, type SplitPlan, splitPlan } from './split-plan.ts';
import type { StoredLeaf } from './storage.ts';
import { LOCKS, timeLiteral } from './swap.ts';
import { SPLIT, tableFacts } from './table-facts.ts';

/** How many rows are copied per transaction. */
const COPIED_ROWS = 5000;
/** How many are compared at once. */
const COMPARED_ROWS = 50_000;

interface SplitOptions extends ConversionOptions {
  /** The partition to be split; by default the first. */
  partition?: string | undefined;
  /** The length of the new ones; by default that of the last. */
  period?: Period | undefined;
  onRows(rows: number): void;
}

/**
 * Splits a partition into shorter ones, while it is read and written: its rows are copied in batches, and a trigger makes each
 * change in the copy that is made in the original, in the same transaction. So each snapshot that is younger than the copy has
 * the same rows in both. Once there are no older ones, the rows are compared, and the copies take the place of the original
 * under an exclusive lock of a moment. What an interrupted split has done is continued.
 * @returns the new partitions; none if there was nothing to split
 * @throws ConflictError if the partition has what would be lost; NotFoundError; LockTimeoutError
 */
export async function split(pool: Pool, { partition, period, ...options }: SplitOptions): Promise<Piece[]> {
  return await alone(pool, options, async () => {
    const plan = await reading(pool, (client) => splitPlan(client, { partition, period }));
    const { leaf, pieces } = plan;
    if (leaf === undefined) {
      return [];
    }
    await briefly(pool, options, (client) => start(client, leaf, plan));
    const columns = await reading(pool, (client) => columnsOf(client, leaf));
    await options.onStep(`copying the rows of ${leaf.leaf.name}`);
    await copyRows(pool, leaf, columns, options);
    do {
      await options.onStep('waiting for older transactions');
      await settle(pool, options);
      await options.onStep('comparing all rows');
    } while ((await correctRows(pool, leaf, columns, options)) > 0);
    await addKeys(pool, pieces, options);
    await options.onStep('analysing');
    await runAlone(pool, `vacuum (analyze) ${SPLIT}`, options);
    await settle(pool, options);
    await options.onStep(`replacing ${leaf.leaf.name}`);
    await briefly(pool, options, async (client) => {
      await client.query(replace(leaf, pieces).join(';\n'));
    });
    return pieces;
  });
}

/**
 * Removes what an interrupted split has left.
 * @returns whether there was anything
 */
export async function undoSplit(pool: Pool, options: ConversionOptions): Promise<boolean> {
  if (!(await reading(pool, isSplitting))) {
    return false;
  }
  await options.onStep('removing what the interrupted split has added');
  await briefly(pool, options, async (client) => {
    await client.query([LOCKS, `drop function ${SPLIT} cascade`, `drop table ${SPLIT}`].join(';\n'));
  });
  return true;
}

/** Makes the tables for the copies, and the trigger that changes them as the partition is changed. */
async function start(client: ClientBase, { leaf }: StoredLeaf, { pieces, started }: SplitPlan): Promise<void> {
  const { obstacles, owner, schema } = await tableFacts(client, leaf.name);
  if (obstacles.length > 0) {
    throw new ConflictError(`${leaf.name} has what its parts would lose: ${obstacles.join(', ')}.`, {
      hint: 'Drop it first.',
    });
  }
  if (started) {
    return;
  }
  const copy = `${schema}.${SPLIT}`;
  const columns = await columnsOf(client, { leaf });
  const statements = [
    `create table ${copy} (like datapoints including all excluding identity) partition by range ("timestamp")`,
    ...pieces.map(({ name, from, to }) => {
      const check = `${from === null ? '' : `"timestamp" >= ${timeLiteral(from)} and `}"timestamp" < ${timeLiteral(to)}`;
      return `create table ${schema}.${identifier(name)} partition of ${copy} (constraint ${SPLIT} check (${check}))
                for values from (${startLiteral(from)}) to (${timeLiteral(to)})`;
    }),
    ...[SPLIT, ...pieces.map(({ name }) => name)].map(
      (name) => `alter table ${schema}.${identifier(name)} owner to ${owner}`,
    ),
    `create function ${copy}() returns trigger language plpgsql security definer set search_path = pg_catalog
       as ${literal(mirror(copy, columns))}`,
    `alter function ${copy}() owner to ${owner}`,
    `create trigger ${SPLIT} after insert or update or delete on ${leaf.sql} for each row execute function ${copy}()`,
    `create trigger ${SPLIT}_all after truncate on ${leaf.sql} for each statement execute function ${copy}()`,
    // Also where a session has turned off triggers, as imports do for the checks of references.
    `alter table ${leaf.sql} enable always trigger ${SPLIT}, enable always trigger ${SPLIT}_all`,
  ];
  await client.query(statements.join(';\n'));
}

/** Returns the body of the function that makes a change in the copy, too. The row may be there, if a batch has it. */
function mirror(copy: string, columns: string): string {
  const of = (row: string) => columns.replaceAll(/(?<=^|, )/g, `${row}.`);
  return `
    begin
      if tg_op = 'TRUNCATE' then
        truncate ${copy};
        return null;
      end if;
      if tg_op = 'DELETE' or tg_op = 'UPDATE' and (new.id, new."timestamp") is distinct from (old.id, old."timestamp") then
        delete from ${copy} where id = old.id and "timestamp" = old."timestamp";
      end if;
      if tg_op <> 'DELETE' then
        insert into ${copy} (${columns}) values (${of('new')})
          on conflict (id, "timestamp") do update set (${columns}) = row (${of('excluded')});
      end if;
      return null;
    end`;
}

async function columnsOf(client: ClientBase, { leaf }: Pick<StoredLeaf, 'leaf'>): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    'select quote_ident(attname) as name from pg_attribute where attrelid = $1 and attnum > 0 and not attisdropped order by attnum',
    [leaf.oid],
  );
  return rows.map(({ name }) => name).join(', ');
}

/** Copies the rows in the order of time. A comment has the time up to which that is done. */
async function copyRows(pool: Pool, leaf: StoredLeaf, columns: string, options: SplitOptions): Promise<void> {
  for (let copied = 0, isDone = false; !isDone; ) {
    await briefly(pool, options, async (client) => {
      const { rows } = await client.query<{ from: string; isDone: boolean }>(
        `select cursor as "from", cursor::timestamptz >= $1 as "isDone"
           from coalesce(obj_description(to_regclass('${SPLIT}'), 'pg_class'), '-infinity') cursor`,
        [leaf.to],
      );
      const [{ from } = { from: '-infinity' }] = rows;
      isDone = rows[0]?.isDone === true;
      if (isDone) {
        return;
      }
      const to = await endOfBatch(client, leaf, from, COPIED_ROWS);
      // Whatever is lost of it in a crash of the server is lost with the comment, and copied again.
      await client.query('set local synchronous_commit = off');
      const { rowCount } = await client.query(
        `insert into ${SPLIT} (${columns}) select ${columns} from ${leaf.leaf.sql}
          where "timestamp" >= $1 and "timestamp" < $2 on conflict do nothing`,
        [from, to],
      );
      await client.query(`comment on table ${SPLIT} is ${literal(to)}`);
      copied += rowCount ?? 0;
    });
    options.onRows(copied);
  }
}

/** @returns the time after so many rows from a time on, which no row of the batch has */
async function endOfBatch(client: ClientBase, { leaf, to }: StoredLeaf, from: string, rows: number): Promise<string> {
  const found = await client.query<{ end: string }>(
    `select coalesce((select "timestamp" from ${leaf.sql} where "timestamp" > $1 order by "timestamp" offset $2 limit 1), $3)::text as "end"`,
    [from, rows, to],
  );
  return found.rows[0]?.end ?? 'infinity';
}

/**
 * Compares all rows, and copies again those that differ: while a batch was copied, a row of it may have been deleted.
 * @returns how many there were
 */
async function correctRows(pool: Pool, leaf: StoredLeaf, columns: string, options: SplitOptions): Promise<number> {
  const { sql } = leaf.leaf;
  const end = Date.parse(leaf.to ?? '');
  let corrected = 0;
  for (let from = '-infinity'; !(Date.parse(from) >= end); ) {
    options.signal.throwIfAborted();
    const { to, keys } = await reading(pool, async (client) => {
      const to = await endOfBatch(client, leaf, from, COMPARED_ROWS);
      const part = (table: string) => `(select ${columns} from ${table} where "timestamp" >= $1 and "timestamp" < $2)`;
      const { rows } = await client.query<{ id: string; timestamp: string }>(
        `select id::text, "timestamp"::text from ${part(sql)} original full join ${part(SPLIT)} copy using (id, "timestamp")
          where row (original.*) is distinct from row (copy.*)`,
        [from, to],
      );
      return { to, keys: [rows.map(({ id }) => id), rows.map(({ timestamp }) => timestamp)] };
    });
    if (keys[0]?.length) {
      await briefly(pool, options, async (client) => {
        await client.query(`lock table ${sql} in share mode`);
        const those = '(id, "timestamp") in (select * from unnest($1::bigint[], $2::timestamptz[]))';
        await client.query(`delete from ${SPLIT} where ${those}`, keys);
        await client.query(`insert into ${SPLIT} (${columns}) select ${columns} from ${sql} where ${those}`, keys);
      });
      corrected += keys[0].length;
    }
    from = to;
  }
  return corrected;
}

/** Gives the copies the foreign keys, checked, so that they need not be checked under the exclusive lock. */
async function addKeys(pool: Pool, pieces: readonly Piece[], options: SplitOptions): Promise<void> {
  await options.onStep('checking the references');
  const { constraints } = await reading(pool, (client) => tableFacts(client, 'datapoints'));
  for (const { name: piece } of pieces) {
    const present = (await reading(pool, (client) => tableFacts(client, piece))).constraints;
    for (const { name, definition } of constraints.filter(({ kind }) => kind === 'f')) {
      const key = present.find((constraint) => constraint.name === name);
      if (!key) {
        await briefly(pool, options, async (client) => {
          await client.query(
            `alter table ${identifier(piece)} add constraint ${identifier(name)} ${definition} not valid`,
          );
        });
      }
      if (!key?.valid) {
        await runAlone(pool, `alter table ${identifier(piece)} validate constraint ${identifier(name)}`, options);
      }
    }
  }
}

/** Waits until all transactions of others have ended that may have a snapshot from before. */
async function settle(pool: Pool, { lockTimeoutSeconds, signal }: ConversionOptions): Promise<void> {
  const running = async (before?: string[]) => {
    const { rows } = await pool.query<{ transactions: string[] }>(TRANSACTIONS, [before ?? null]);
    return rows[0]?.transactions ?? [];
  };
  const before = await running();
  if (!(await pollLock(async () => (await running(before)).length === 0, lockTimeoutSeconds, signal))) {
    throw new LockTimeoutError(
      `A transaction of another session has been open for more than ${lockTimeoutSeconds} s.`,
      {
        hint: 'Run it again when it has ended: it continues where it stopped. Or wait longer with --lock-timeout.',
      },
    );
  }
}

/** Others than the one that holds the lock of this conversion, and than vacuums, which belong to no user. */
const TRANSACTIONS = `
  select array(
    select virtualxid from pg_locks l join pg_stat_activity a using (pid)
     where locktype = 'virtualxid' and l.granted and datname = current_database() and usesysid is not null
       and pid <> pg_backend_pid() and ($1::text[] is null or virtualxid = any ($1))
       and pid not in (select pid from pg_locks where locktype = 'advisory' and granted and database = a.datid
                          and (classid, objid, objsubid) = (${SCHEMA_LOCK}, (${SCHEMA_KEY})::oid, 2))) as transactions`;

/** Returns the statements that put the copies in the place of the partition. */
function replace({ leaf }: StoredLeaf, pieces: readonly Piece[]): string[] {
  return [
    LOCKS,
    `drop function ${SPLIT} cascade`,
    ...pieces.map(({ name }) => `alter table ${SPLIT} detach partition ${identifier(name)}`),
    `alter table datapoints detach partition ${leaf.sql}`,
    ...pieces.flatMap(({ name, from, to }) => [
      `alter table datapoints attach partition ${identifier(name)} for values from (${startLiteral(from)}) to (${timeLiteral(to)})`,
      `alter table ${identifier(name)} drop constraint ${SPLIT}`,
    ]),
    `drop table ${SPLIT}`,
    `drop table ${leaf.sql}`,
  ];
}

function startLiteral(from: number | null): string {
  return from === null ? 'minvalue' : timeLiteral(from);
}
