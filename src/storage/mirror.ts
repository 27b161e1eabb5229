import { createHash } from 'node:crypto';
import type { ClientBase, Pool } from 'pg';
import { runAlone } from '../database/run-alone.ts';
import { identifier, literal } from '../database/sql.ts';
import { ConflictError } from '../errors.ts';
import { briefly, type ConversionOptions, reading } from './conversion.ts';
import { type CopyOptions, copyRows, correctRows, type Rows } from './copy-rows.ts';
import { finishReplacing } from './replaced.ts';
import { settle } from './settle.ts';
import { LOCKS } from './swap.ts';
import { COPIES, type Copying, tableFacts } from './table-facts.ts';

/** A table whose rows are copied into another one, which then takes its place. */
export interface Mirror {
  conversion: Copying;
  /** The table, which others read and write; it may have partitions or chunks. */
  source: { name: string; sql: string };
  /** @throws ConflictError if the copy would lose something */
  check(client: ClientBase): Promise<void>;
  /** Returns the statements that make the empty table for the copy, with a unique key of (id, "timestamp"). */
  create(client: ClientBase): Promise<string[]>;
  /** Adds what is best added to a filled table: again, if the run was interrupted. */
  finish(): Promise<void>;
  /** Returns the statements that put the copy in the place of the table, under an exclusive lock. */
  replace(client: ClientBase): Promise<string[]>;
}

/**
 * Replaces a table by a copy of another form, while it is read and written: its rows are copied in batches, and a trigger makes
 * each change in the copy that is made in the original, in the same transaction. So each snapshot that is younger than the copy
 * has the same rows in both. Once there are no older ones, the rows are compared, and the copy takes the place of the original
 * under an exclusive lock of a moment. What an interrupted run has done is continued.
 * @throws ConflictError if something would be lost; LockTimeoutError
 */
export async function replaceByCopy(pool: Pool, mirror: Mirror, options: CopyOptions): Promise<void> {
  const { source } = mirror;
  const copy = COPIES[mirror.conversion];
  await briefly(pool, options, (client) => start(client, mirror));
  const rows: Rows = {
    source: source.sql,
    copy,
    columns: await reading(pool, (client) => columnsOf(client, source.name)),
  };
  await options.onStep(`copying the rows of ${source.name}`);
  await copyRows(pool, rows, options);
  for (let isReplaced = false; !isReplaced; ) {
    let leaves: string;
    do {
      await options.onStep('waiting for older transactions');
      await settle(pool, options);
      leaves = await briefly(pool, options, async (client) => {
        await client.query(always(mirror));
        return await leavesOf(client, mirror);
      });
      await options.onStep('comparing all rows');
    } while ((await correctRows(pool, rows, options)) > 0);
    await mirror.finish();
    await options.onStep('analysing');
    await runAlone(pool, `vacuum (analyze) ${copy}`, options);
    await settle(pool, options);
    await options.onStep(`replacing ${source.name}`);
    isReplaced = await briefly(pool, options, (client) => replace(client, mirror, leaves));
  }
  await finishReplacing(pool, options);
}

/** @returns the conversion whose copy is there, if one was interrupted or is running */
export async function copyingIn(client: ClientBase): Promise<Copying | undefined> {
  const { rows } = await client.query<{ conversion: Copying }>(
    `select key as conversion from json_each_text($1) where to_regclass(value) is not null and to_regproc(value) is not null`,
    [JSON.stringify(COPIES)],
  );
  return rows[0]?.conversion;
}

/**
 * Removes the copy of an interrupted conversion.
 * @returns whether there was one
 */
export async function removeCopy(pool: Pool, options: ConversionOptions, only?: Copying): Promise<boolean> {
  const conversion = await reading(pool, copyingIn);
  if (conversion === undefined || (only ?? conversion) !== conversion) {
    return false;
  }
  await options.onStep('removing what the interrupted conversion has copied');
  await briefly(pool, options, async (client) => {
    await client.query([LOCKS, ...removal(COPIES[conversion])].join(';\n'));
  });
  return true;
}

function removal(copy: string): string[] {
  return [`drop function ${copy} cascade`, `drop table ${copy}`];
}

/** Makes the table for the copy, and the triggers that change it as the original is changed; unless they are there. */
async function start(client: ClientBase, mirror: Mirror): Promise<void> {
  await mirror.check(client);
  const { conversion, source } = mirror;
  const isStarted = (await copyingIn(client)) === conversion;
  const name = COPIES[conversion];
  const definition = await definitionOf(client, source.name);
  if (isStarted && (await commentOf(client, name)) === definition) {
    return;
  }
  const { owner, schema } = await tableFacts(client, 'datapoints');
  const copy = `${schema}.${name}`;
  const statements = [
    // The table was changed after the copy had been made.
    ...(isStarted ? [LOCKS, ...removal(name)] : []),
    ...(await mirror.create(client)),
    `create function ${copy}() returns trigger language plpgsql security definer set search_path = pg_catalog
       as ${literal(mirroring(copy, await columnsOf(client, source.name)))}`,
    `alter function ${copy}() owner to ${owner}`,
    `comment on function ${copy}() is ${literal(definition)}`,
    `create trigger ${name} after insert or update or delete on ${source.sql} for each row execute function ${copy}()`,
    `create trigger ${name}_all after truncate on ${source.sql} for each statement execute function ${copy}()`,
    always(mirror),
  ];
  await client.query(statements.join(';\n'));
}

/** A change of any of it makes the copy useless. */
export async function definitionOf(client: ClientBase, source: string): Promise<string> {
  const hash = createHash('sha256');
  for (const table of new Set(['datapoints', source])) {
    const { columns, indexes, constraints, owner, grants, options, tablespace } = await tableFacts(client, table);
    // Those that are being rebuilt come and go.
    const named = [...indexes.filter(({ valid }) => valid), ...constraints].map(({ name, definition }) => [
      name,
      definition,
    ]);
    hash.update(JSON.stringify({ columns, named, owner, grants, options, tablespace }));
  }
  return `webmacs: copy of ${hash.digest('hex')}`;
}

export async function commentOf(client: ClientBase, name: string): Promise<string | null> {
  const { rows } = await client.query<{ comment: string | null }>(
    `select obj_description(to_regproc($1), 'pg_proc') as comment`,
    [name],
  );
  return rows[0]?.comment ?? null;
}

/** Returns the columns of a table that can be written, as SQL. */
export async function columnsOf(client: ClientBase, table: string): Promise<string[]> {
  const { columns } = await tableFacts(client, table);
  return columns.filter(({ generated }) => !generated).map(({ sql }) => sql);
}

/** Returns the body of the function that makes a change in the copy, too. The row may be there, if a batch has it. */
function mirroring(copy: string, columns: readonly string[]): string {
  const of = (row: string, names = columns) => names.map((name) => `${row}.${name}`).join(', ');
  const others = columns.filter((name) => name !== 'id' && name !== identifier('timestamp'));
  return `
    begin
      if tg_op = 'TRUNCATE' then
        -- By the references of the copy, it may be truncated already.
        if exists (select from ${copy}) then
          truncate ${copy};
        end if;
        return null;
      end if;
      if tg_op = 'DELETE' or tg_op = 'UPDATE' and (new.id, new."timestamp") is distinct from (old.id, old."timestamp") then
        delete from ${copy} where id = old.id and "timestamp" = old."timestamp";
      end if;
      if tg_op <> 'DELETE' then
        insert into ${copy} (${columns.join(', ')}) overriding system value values (${of('new')})
          on conflict (id, "timestamp") do update set (${others.join(', ')}) = row (${of('excluded', others)});
      end if;
      return null;
    end`;
}

/** Also where a session has turned off triggers, but for hypertables of older versions, and chunks that were just made. */
function always({ conversion, source }: Mirror): string {
  const trigger = COPIES[conversion];
  return `do $$ begin
      alter table ${source.sql} enable always trigger ${trigger}, enable always trigger ${trigger}_all;
    exception when feature_not_supported then null;
    end $$`;
}

/**
 * Returns what shows whether the table, its partitions or its chunks are the same as before: if one was truncated, detached,
 * attached or dropped since, the trigger has not seen its rows.
 * @throws ConflictError if one does not have the trigger
 */
async function leavesOf(client: ClientBase, { conversion, source }: Mirror): Promise<string> {
  const { rows } = await client.query<{ leaves: string; unseen: string[] }>(
    `with recursive tree as (
       select $1::text::regclass::oid as oid
       union
       select inhrelid from tree join pg_inherits on inhparent = tree.oid
     )
     select string_agg(concat_ws(' ', c.oid, relfilenode, t.oid, t.xmin), ', ' order by c.oid) as leaves,
            coalesce(array_agg(c.oid::regclass::text) filter (where t.oid is null or tgenabled = 'D'), '{}') as unseen
       from tree join pg_class c on c.oid = tree.oid left join pg_trigger t on tgrelid = c.oid and tgname = $2`,
    [source.sql, COPIES[conversion]],
  );
  const { leaves = '', unseen = [] } = rows[0] ?? {};
  if (unseen.length > 0) {
    throw new ConflictError(`The trigger ${COPIES[conversion]} of ${unseen.join(', ')} is missing.`, {
      hint: 'Undo the conversion, as "webmacs db storage status" says, and run it again.',
    });
  }
  return leaves;
}

/** @returns whether it did; otherwise, all rows have to be compared again */
async function replace(client: ClientBase, mirror: Mirror, leaves: string): Promise<boolean> {
  const { conversion, source } = mirror;
  await client.query(LOCKS);
  if ((await leavesOf(client, mirror)) !== leaves) {
    return false;
  }
  await mirror.check(client);
  if ((await commentOf(client, COPIES[conversion])) !== (await definitionOf(client, source.name))) {
    throw new ConflictError(`Other sessions have changed ${source.name} meanwhile; nothing was replaced.`, {
      hint: 'Run it again: it copies the rows anew.',
    });
  }
  const statements = await mirror.replace(client);
  await client.query([`drop function ${COPIES[conversion]} cascade`, ...statements].join(';\n'));
  return true;
}
