import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { withSession } from '../../src/database/session.ts';
import type { ConversionOptions } from '../../src/storage/conversion.ts';
import { dropHourly, makeHourly, refreshHourly } from '../../src/storage/hourly.ts';
import { type Compared, comparedHours } from '../support/hours.ts';
import { AGREED, anEvent, anExperiment, type Site } from '../support/site.ts';
import { aSiteFor, testForm } from '../support/storage-forms.ts';

const options: ConversionOptions = {
  lockTimeoutSeconds: 60,
  signal: new AbortController().signal,
  onStep: async () => {},
};

interface Rig extends Site {
  events: { publicId: string; name: string }[];
  experiment: { publicId: string; name: string };
  /** Returns the name of the chunk of a day of January 2026. */
  chunk(day: number): Promise<string>;
}

/** Two events with a datapoint every ten minutes, in ten chunks of a day of January 2026, and figures of their hours. */
async function aRig(): Promise<Rig> {
  const site = await aSiteFor('compressed');
  const events = [await anEvent(site), await anEvent(site)];
  const experiment = await anExperiment(site);
  expect(await site.run(`db storage timescale --chunk 1d${AGREED}`)).toMatchObject({ code: 0 });
  const rig: Rig = {
    ...site,
    events,
    experiment,
    async chunk(day) {
      const { rows } = await site.pool.query<{ name: string }>(
        `select format('%I.%I', chunk_schema, chunk_name) as name from timescaledb_information.chunks
          where hypertable_name = 'datapoints' and range_start = timestamptz '2026-01-01Z' + ($1 - 1) * interval '1 day'`,
        [day],
      );
      return rows[0]?.name ?? 'none';
    },
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  };
  await fill(rig);
  return rig;
}

async function fill({ pool, events, experiment }: Rig): Promise<void> {
  await pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select gen_random_uuid()::text, n % 17, timestamptz '2026-01-01Z' + n * interval '10 minutes', event, case when n % 3 = 0 then $3 end
       from generate_series(0, 1439) n, unnest(array[$1, $2]) event`,
    [events[0]?.publicId, events[1]?.publicId, experiment.publicId],
  );
}

/** What changes the datapoints; `%1` to `%9` are the chunks of those days. */
const CHANGES: Record<string, string | ((rig: Rig) => Promise<unknown>)> = {
  nothing: 'select 1',
  insert: into('datapoints', 2),
  'insert into a chunk': into('%2', 2),
  'insert of a new chunk': into('datapoints', 20),
  'insert of NaN and infinities': `insert into datapoints (public_id, value, timestamp, event_public_id)
    select gen_random_uuid()::text, unnest(array['NaN', 'Infinity', '-Infinity', '1e200', '-0']::float8[]), '2026-01-03T02:10Z', (select min(public_id) from events)`,
  update: `update datapoints set value = value + 1 where ${on(3)}`,
  'update of a chunk': 'update %3 set value = value + 1',
  'update of times, to other hours': `update datapoints set timestamp = timestamp + interval '3 hours' where timestamp >= '2026-01-03Z' and timestamp < '2026-01-03T20:00Z'`,
  'update of the event': `update datapoints set event_public_id = (select min(public_id) from events) where ${on(4)} and value > 8`,
  delete: `delete from datapoints where ${on(5)} and value < 4`,
  'delete from a chunk': 'delete from only %5 where value < 9',
  'delete and insert in one statement': `with gone as (delete from datapoints where ${on(6)} and value = 3 returning *)
    insert into datapoints (public_id, value, timestamp, event_public_id)
    select public_id || 'x', value, timestamp - interval '2 days', event_public_id from gone`,
  upsert: `insert into datapoints (id, public_id, value, timestamp, event_public_id)
    select id, public_id, value, timestamp, event_public_id from datapoints where ${on(6)} on conflict (id, timestamp) do update set value = 99`,
  'rolled back to a savepoint': `begin; ${into('datapoints', 7)}; savepoint here; delete from datapoints where ${on(7)}; rollback to here; commit`,
  'repeatable read': `begin isolation level repeatable read; delete from datapoints where ${on(7)} and value = 1; commit`,
  'as a replica': `begin; set local session_replication_role = replica; delete from datapoints where ${on(7)} and value = 2; commit`,
  'deletion of an experiment': (rig) => rig.run(`experiments delete ${rig.experiment.name} --yes`),
  import: async (rig) => {
    const input = `timestamp,event,value\n2026-01-02T00:03:00Z,"${rig.events[0]?.name}",-1\n2026-01-08T00:31:00Z,"${rig.events[0]?.name}",-2\n`;
    const { code, stdout, stderr } = await rig.run('datapoints import - --json', { input });
    expect([code, stderr]).toEqual([0, expect.anything()]);
    expect(await comparedHours(rig.pool)).toMatchObject({ different: 0 });
    await refreshHourly(rig.pool, options);
    return await rig.run(`datapoints imports undo ${JSON.parse(stdout).import_id} --yes`);
  },
  'import that replaces': (rig) =>
    rig.run('datapoints import - --on-duplicate replace', {
      input: `timestamp,event,value\n2026-01-02T00:00:00Z,"${rig.events[0]?.name}",-7\n`,
    }),
  compress: `select compress_chunk('%8')`,
  'insert into a compressed chunk': into('datapoints', 8),
  'update of a compressed chunk': `update datapoints set value = 5 where ${on(8)} and value = 6`,
  'compress again': `select compress_chunk('%8')`,
  'delete of whole compressed batches': `delete from datapoints where ${on(8)} and event_public_id = (select min(public_id) from events)`,
  'delete from a compressed chunk': 'delete from only %8 where value < 8',
  'insert that compresses': `begin; set local timescaledb.enable_direct_compress_insert = on; ${into('datapoints', 8, 3000)}; commit`,
  decompress: `select decompress_chunk('%8')`,
  'truncate a chunk': 'truncate %9',
  'drop the table of a chunk': 'drop table %9',
  'merge chunks': `call merge_chunks('%6', '%7')`,
  'split a chunk': `call split_chunk('%6')`,
  'detach a chunk': `call detach_chunk('%5')`,
  'attach what was changed meanwhile': async (rig) => {
    const chunk = await rig.chunk(4);
    await rig.pool.query(`call detach_chunk('${chunk}')`);
    await rig.pool.query(`delete from ${chunk} where value > 3`);
    await rig.pool.query(
      `call attach_chunk('datapoints', '${chunk}', '{"timestamp": ["2026-01-04T00:00:00Z", "2026-01-05T00:00:00Z"]}')`,
    );
  },
  'split, attach what was changed meanwhile, and merge': async (rig) => {
    const chunk = await rig.chunk(4);
    await rig.pool.query(`call split_chunk('${chunk}', split_at => timestamptz '2026-01-04T12:00Z')`);
    const { rows } = await rig.pool.query<{ half: string }>(
      `select format('%I.%I', chunk_schema, chunk_name) as half from timescaledb_information.chunks
        where hypertable_name = 'datapoints' and range_start = '2026-01-04T12:00Z'`,
    );
    const half = rows[0]?.half ?? 'none';
    await rig.pool.query(`call detach_chunk('${half}')`);
    await rig.pool.query(`update ${half} set value = value + 1000`);
    await rig.pool.query(
      `call attach_chunk('datapoints', '${half}', '{"timestamp": ["2026-01-04T12:00:00Z", "2026-01-05T00:00:00Z"]}')`,
    );
    await rig.pool.query(`call merge_chunks('${chunk}', '${half}')`);
  },
  prune: (rig) =>
    rig.run(
      `datapoints prune --older-than PT${Math.round((Date.now() - Date.UTC(2026, 0, 2, 12, 30)) / 60_000)}M --yes`,
    ),
  'drop chunks': `select drop_chunks('datapoints', older_than => timestamptz '2026-01-03Z')`,
  'drop chunks of the aggregate': `select drop_chunks('datapoints_hourly', older_than => timestamptz '2027-01-01Z')`,
  'drop chunks of the aggregate, and refresh in part': async ({ pool }) => {
    await pool.query(`select drop_chunks('datapoints_hourly', older_than => timestamptz '2027-01-01Z')`);
    await pool.query(into('datapoints', 4));
    await pool.query(`call refresh_continuous_aggregate('datapoints_hourly', null, null)`);
  },
  'drop a chunk of the aggregate that others have made': async ({ pool }) => {
    const refresh = async () => await pool.query(`call refresh_continuous_aggregate('datapoints_hourly', null, null)`);
    await pool.query(into('datapoints', 200));
    await pool.query(into('datapoints', 201));
    await pool.query(`delete from datapoints where timestamp >= '2026-06-01Z'`);
    await refreshHourly(pool, options);
    await pool.query(into('datapoints', 200));
    await refresh();
    await pool.query(`select drop_chunks('datapoints_hourly', newer_than => timestamptz '2026-06-01Z')`);
    await pool.query(into('datapoints', 201));
    await refresh();
  },
  'truncate the aggregate': 'truncate datapoints_hourly',
  'merge, while compression is off': async ({ pool }) => {
    await pool.query('alter table datapoints set (timescaledb.compress = false)');
    await pool.query(MERGE);
    await pool.query('alter table datapoints set (timescaledb.compress)');
  },
  'deletion of an event': (rig) => rig.run(`events delete ${rig.events[1]?.name} --yes`),
  truncate: 'truncate datapoints',
};

const MERGE = `merge into datapoints d using (values (3)) v (n) on d.value = v.n when matched then update set value = 1000`;

function on(day: number): string {
  return `timestamp >= '2026-01-0${day}Z' and timestamp < '2026-01-0${day + 1}Z'`;
}

function into(table: string, day: number, count = 3): string {
  return `insert into ${table} (id, public_id, value, timestamp, event_public_id)
    select nextval(pg_get_serial_sequence('datapoints', 'id')), gen_random_uuid()::text, n, timestamptz '2026-01-01Z' + ${day - 1} * interval '1 day' + n * interval '1 second',
           (select min(public_id) from events) from generate_series(1, ${count}) n`;
}

testForm('compressed', 'after any change, no hour is read from the aggregate whose figures have changed', async () => {
  await using rig = await aRig();
  await makeHourly(rig.pool, options);
  expect(await comparedHours(rig.pool)).toEqual({ hours: 240, different: 0 });
  const found: { name: string; before: Compared; after: Compared }[] = [];
  for (const [name, change] of Object.entries(CHANGES)) {
    if (typeof change === 'string') {
      const chunks = await Promise.all([...change.matchAll(/%(\d)/g)].map(([, day]) => rig.chunk(Number(day))));
      await rig.pool.query(change.replaceAll(/%\d/g, () => chunks.shift() ?? ''));
    } else {
      const result = (await change(rig)) as { code?: number } | undefined;
      expect([name, result]).toEqual([
        name,
        result?.code === undefined ? result : expect.objectContaining({ code: 0 }),
      ]);
    }
    const before = await comparedHours(rig.pool);
    await refreshHourly(rig.pool, options);
    found.push({ name, before, after: await comparedHours(rig.pool) });
  }
  expect(found.filter(({ before, after }) => before.different !== 0 || after.different !== 0)).toEqual([]);
  const unchanged = [
    'nothing',
    'compress',
    'compress again',
    'decompress',
    'insert of a new chunk',
    'drop a chunk of the aggregate that others have made',
  ];
  const ofChunks = ['drop the table of a chunk', 'detach a chunk', 'prune', 'drop chunks', 'truncate'];
  for (const [at, { name, before, after }] of found.entries()) {
    const last = found[at - 1]?.after.hours ?? 240;
    // What has not changed is read from the aggregate, what has changed is not, until it has been calculated again.
    expect([name, before.hours < last]).toEqual([name, !unchanged.includes(name)]);
    expect([name, after.hours < last]).toEqual([name, ofChunks.includes(name)]);
  }
});

testForm('compressed', 'without compression, maintain and status name the command that sets it up again', async () => {
  await using site = await aRig();
  await makeHourly(site.pool, options);
  await site.pool.query('alter table datapoints set (timescaledb.compress = false)');
  const { stderr } = await site.run('db maintain --table datapoints');
  expect(stderr).toContain('Skipped the figures of hours: ');
  expect(stderr).toContain('webmacs db storage timescale --hourly');
  expect((await site.run('db storage status --exit-code')).stderr).toContain('webmacs db storage timescale --hourly');
  expect(await site.run(`db storage timescale --hourly${AGREED}`)).toMatchObject({ code: 0 });
  expect(await comparedHours(site.pool)).toEqual({ hours: 240, different: 0 });
  expect((await site.run('db storage status --exit-code')).code).toBe(0);
});

/** Does something again and again until `isOver`; what loses against others does nothing. */
async function again(isOver: () => boolean, work: () => Promise<unknown>): Promise<void> {
  while (!isOver()) {
    await work().catch(() => sleep(5));
  }
}

function oneOf<T>(all: readonly T[]): T {
  // Of a list that is not empty.
  return all[Math.floor(Math.random() * all.length)] as T;
}

testForm(
  'compressed',
  'while others write, refresh and compress, no hour is ever read whose figures have changed',
  async () => {
    await using rig = await aRig();
    const { pool } = rig;
    const days = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const found = { compared: 0, different: 0 };
    const isOver = () => found.compared >= 30 || found.different > 0;
    const write = async () => {
      const some = `${on(oneOf(days))} and value = ${oneOf(days)}`;
      const statement = oneOf([
        into('datapoints', oneOf(days)),
        `update datapoints set value = value + 1 where ${some}`,
        `update datapoints set timestamp = timestamp + interval '59 minutes' where ${some} and extract(hour from timestamp) < 20`,
        `delete from datapoints where ${some} and id % 7 = 0`,
        `insert into datapoints select * from datapoints where ${some} on conflict (id, timestamp) do update set value = 99`,
      ]);
      const isolation = oneOf(['read committed', 'repeatable read']);
      await withSession(pool, { isolation }, ({ transaction }) =>
        transaction(async (client) => {
          await client.query(statement);
          await client.query(`select pg_sleep(${oneOf([0, 0.01, 0.05])})`);
        }),
      );
    };
    await Promise.all([
      ...[1, 2, 3].map(() => again(isOver, write)),
      again(isOver, async () => {
        const chunk = await rig.chunk(oneOf(days));
        await pool.query(oneOf([`select compress_chunk('${chunk}')`, `select decompress_chunk('${chunk}')`]));
        await sleep(20);
      }),
      again(isOver, async () => {
        await pool.query(`call refresh_continuous_aggregate('datapoints_hourly', null, now())`);
        await sleep(oneOf([1, 50]));
      }),
      again(isOver, async () => {
        await makeHourly(pool, options);
        for (let at = 0; at < 3; at++) {
          await refreshHourly(pool, options);
        }
        await dropHourly(pool, options);
      }),
      again(isOver, async () => {
        const { hours, different } = await comparedHours(pool);
        found.compared += hours > 0 ? 1 : 0;
        found.different += different;
      }),
    ]);
    expect(found.different).toBe(0);
  },
);
