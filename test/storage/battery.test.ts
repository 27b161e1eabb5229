import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { distribute } from '../../src/storage/distribute.ts';
import { makeHypertable } from '../support/hypertable.ts';
import { AGREED, aUser, insertRow, layout, type Site } from '../support/site.ts';
import { aSiteFor, hasForm, type TestedForm, testForm } from '../support/storage-forms.ts';

/** Every command that reads or writes datapoints says and does the same, however they are stored. */
const FORMS = ['partitions', 'inherited', 'hypertable', 'compressed', 'distributed', 'registered'] as const;

const folder = mkdtempSync(join(tmpdir(), 'battery-'));
const FILE = join(folder, 'more.csv');
/** Has a datapoint that is there, with its id. */
const AGAIN = join(folder, 'again.csv');
/** Where files are exported to. */
const RUN = join(folder, 'run');
const sites = new Map<string, Site>();
/** What each command says on one table. */
const expected = new Map<number, string[]>();

beforeAll(async () => {
  writeFileSync(
    FILE,
    'timestamp,event,value\n2026-01-31T23:59:59Z,Bed,7\n2026-02-01T00:00:00Z,Bed,8\n2026-03-15T12:00:00Z,Air,9\n',
  );
  writeFileSync(
    AGAIN,
    'timestamp,event_public_id,value,datapoint_public_id\n2026-01-01T03:00:00Z,e-Air,1,0198c2aa-1\n',
  );
  for (const form of ['plain' as const, ...FORMS.filter(hasForm)]) {
    sites.set(form, await siteOf(form));
  }
  for (const [at, line] of COMMANDS.entries()) {
    expected.set(at, await linesOf('plain', line));
  }
  // What is not understood is the same in all forms.
  expect(COMMANDS.filter((_, at) => expected.get(at)?.[0] === '2')).toEqual([]);
}, 180_000);
afterAll(async () => {
  for (const site of sites.values()) {
    await site[Symbol.asyncDispose]();
  }
  rmSync(folder, { recursive: true });
});

async function siteOf(form: TestedForm): Promise<Site> {
  const site = await aSiteFor(form);
  const { publicId: owner } = await aUser(site, { username: 'root', admin: true, publicId: 'u-root' });
  const type = layout === 'own' ? 'event_type' : 'type';
  for (const name of ['Bed', 'Air']) {
    await insertRow(site, 'events', {
      public_id: `e-${name}`,
      name,
      unit: 'K',
      min_value: 0,
      max_value: 90,
      [type]: 'sensor',
      user_public_id: owner,
    });
  }
  await insertRow(site, 'experiments', {
    public_id: 'x-run',
    name: 'Run',
    started_on: '2026-01-10Z',
    stopped_on: '2026-02-20Z',
    user_public_id: owner,
  });
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select '0198c2aa-' || n, case when n % 50 = 0 then 'NaN'::float8 else n % 97 end, timestamptz '2026-01-01Z' + n * interval '3 hours',
            case when n % 2 = 0 then 'e-Bed' else 'e-Air' end,
            case when n between 72 and 399 then 'x-run' end
       from generate_series(0, 699) n`,
  );
  await CONVERSIONS[form]?.(site);
  return site;
}

const CONVERSIONS: Partial<Record<TestedForm, (site: Site) => Promise<void>>> = {
  partitions: partitioned,
  inherited,
  hypertable: ({ pool }) => makeHypertable(pool),
  compressed,
  distributed,
  registered,
};

async function partitioned(site: Site): Promise<void> {
  expect((await site.run(`db storage partition${AGREED}`)).code).toBe(0);
  const { rows } = await site.pool.query(
    `select relname from pg_class where relispartition and relkind = 'r' order by relname desc limit 1`,
  );
  // Its rows in months, as if the conversion had been long ago.
  await site.pool.query(`alter table datapoints detach partition ${rows[0].relname};
    create table p0 partition of datapoints for values from (minvalue) to ('2026-02-01Z');
    create table p1 partition of datapoints for values from ('2026-02-01Z') to ('2026-03-01Z');
    create table p2 partition of datapoints for values from ('2026-03-01Z') to ('2026-06-01Z');
    insert into datapoints select * from ${rows[0].relname}; drop table ${rows[0].relname}`);
}

async function inherited(site: Site): Promise<void> {
  await site.pool.query(`create table child () inherits (datapoints);
    alter table child add primary key (id),
      add foreign key (event_public_id) references events (public_id) on delete cascade,
      add foreign key (experiment_public_id) references experiments (public_id) on delete set null;
    create index on child (event_public_id, timestamp); create index on child (timestamp);
    with moved as (delete from only datapoints where timestamp >= '2026-02-01Z' returning *) insert into child select * from moved`);
}

async function compressed(site: Site): Promise<void> {
  expect((await site.run(`db storage timescale --compress-after 3650d${AGREED}`)).code).toBe(0);
  await site.pool.query(`select compress_chunk(chunk) from show_chunks('datapoints') chunk`);
  // The planner expects 1,000 rows in each batch of a chunk that was never analysed.
  await site.pool.query('analyze datapoints');
}

async function distributed(site: Site): Promise<void> {
  const { code, stderr } = await site.run(`db storage citus --distribute-by event --shards 8${AGREED}`);
  expect([code, stderr]).toEqual([0, expect.stringContaining('on 2 servers')]);
}

/** As an interrupted conversion leaves it: Citus knows the tables, and the datapoints are not distributed yet. */
async function registered(site: Site): Promise<void> {
  const tables = ['users', 'events', 'experiments', 'datapoints'];
  const onStep = async (step: string) => {
    if (step.includes('"experiments"')) {
      throw new Error('interrupted');
    }
  };
  const options = {
    tables,
    shards: 8,
    lockTimeoutSeconds: 10,
    signal: new AbortController().signal,
    onStep,
    onRows: () => {},
  };
  await expect(distribute(site.pool, options)).rejects.toThrow('interrupted');
}

/** What differs with each run: ids of new rows, times of day, durations, the database, folders. */
function comparable(text: string): string {
  return (
    text
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'ID')
      .replaceAll(/"id":"[0-9a-f]{8}"/g, '"id":"ID"')
      .replaceAll(/test_[0-9a-f-]+|test_ID/g, 'DATABASE')
      .replaceAll(
        /"(seconds|rows_per_second|import_id|before|created_on|last_triggered_at)":("[^"]*"|[\d.]+)/g,
        '"$1":0',
      )
      // The order in which numbers are added up is seen in their last digits.
      .replaceAll(/\d+\.\d{9,}/g, (number) => String(Number(Number(number).toPrecision(12))))
      .replaceAll(/\d+(\.\d+)? ?(s|ms|rows\/s)\b/g, '0 s')
      .replaceAll(new RegExp(`${new Date().toISOString().slice(0, 10)}T[0-9:.]+`, 'g'), 'NOW')
      .replaceAll(/,"dropped":\[[^\]]*\]/g, '')
  );
}

const COMMANDS = [
  'datapoints list --json --limit 1000',
  'datapoints list --format csv --sort timestamp --event Bed --limit 20',
  'datapoints list --page 3 --page-size 50 --json',
  'datapoints show 0198c2aa-7 --json',
  'datapoints latest --json',
  'datapoints stats --json',
  'datapoints stats --experiment Run --from 2026-01-20Z --to 2026-02-10Z --json',
  'experiments list --json',
  'experiments show Run --json',
  'experiments summary Run --json',
  'experiments plot Run --json',
  `experiments export Run -o - --quiet`,
  `experiments export Run -o - --wide --quiet`,
  `experiments export Run -o - --every 1d --aggregate mean,count,min --timezone UTC --quiet`,
  `experiments export Run -o - --every 2h --fill linear --aggregate mean,count --timezone UTC --quiet`,
  `experiments export Run -o ${RUN}.xlsx --force --json`,
  `experiments export Run -o ${RUN} --layout per-event --force --json`,
  `datapoints export -o - --event Air --from 2026-02-25Z --quiet`,
  'rules create Hot --event Bed --when gt --threshold 90 --action log --json',
  'rules test Hot --experiment Run --json',
  `datapoints import ${FILE} --event-column event --json`,
  `datapoints import ${FILE} --json`,
  `datapoints import ${FILE} --json`,
  `datapoints import ${FILE} --on-duplicate skip --json`,
  `datapoints import ${AGAIN} --json`,
  'datapoints imports list --json',
  'datapoints update 0198c2aa-8 --value 12.5 --json',
  'datapoints delete 0198c2aa-9 --yes --json',
  'datapoints assign --experiment Run --from 2026-03-01Z --yes --json',
  'events delete Air --dry-run --json',
  'experiments delete Run --with-datapoints --dry-run --json',
  'datapoints prune --older-than 365000d --json',
  'datapoints prune --older-than 1d --keep-experiments --json',
  'datapoints prune --older-than 1d --event Bed --json',
  'experiments delete Run --with-datapoints --yes --json',
  'events delete Air --yes --json',
  'datapoints stats --json',
  'datapoints list --json --limit 1000',
];

for (const form of FORMS) {
  testForm(form, `in ${form}`, async () => {
    const differences: unknown[] = [];
    for (const [at, line] of COMMANDS.entries()) {
      const plain = expected.get(at) ?? [];
      const other = await linesOf(form, line);
      // The first line that differs, for all of them would be too much to read.
      const first = plain.findIndex((text, index) => text !== other[index]);
      if (first >= 0 || other.length !== plain.length) {
        differences.push({ line, plain: plain[first], other: other[first] });
      }
    }
    expect(differences).toEqual([]);
  });
}

/** Runs a command, and returns its exit code and what it prints. */
async function linesOf(form: string, line: string): Promise<string[]> {
  const { code, stdout, stderr } = (await sites.get(form)?.run(line)) ?? { code: -1, stdout: '', stderr: '' };
  return [String(code), ...comparable(stderr + stdout).split('\n')];
}
