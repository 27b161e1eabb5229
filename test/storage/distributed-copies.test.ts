import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { AGREED, anEvent, aSite, type Site } from '../support/site.ts';
import { aSiteFor, hasForm, testForm } from '../support/storage-forms.ts';
import { until } from '../support/until.ts';
import { aRun, aWriter, MARKED, valuesOfMarked } from '../support/writer-on-all.ts';

/** Backups and copies of datapoints on several servers, and into such. */
const CONVERT = `db storage citus --distribute-by event --shards 8${AGREED}`;

let site: Site;
/** Distributed, too, and empty. */
let other: Site;

beforeAll(async () => {
  if (hasForm('distributed')) {
    site = await aSiteFor('distributed');
    await aRun(site);
    other = await aSiteFor('distributed');
    expect([(await site.run(CONVERT)).code, (await other.run(CONVERT)).code]).toEqual([0, 0]);
  }
}, 180_000);
afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
  await other?.[Symbol.asyncDispose]();
});

const everything = async ({ run }: Site) => (await run('datapoints list --limit 10000 --json')).stdout;

testForm('distributed', 'a backup is of one moment, and restores into one table', async () => {
  const file = join(tmpdir(), `${randomUUID()}.tar.zst`);
  await using target = await aSite();
  {
    await using writer = aWriter(site);
    await until(() => writer.writes > 2);
    const { code, stdout } = await site.run(`db backup -o ${file} --json`);
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.not.objectContaining({ caveats: expect.anything() })]);
  }
  expect((await target.run(`db restore ${file}`)).code).toBe(0);
  expect([await valuesOfMarked(target), JSON.parse(await everything(target)).length]).toEqual([1, 40 * MARKED]);
});

testForm('distributed', 'a backup of several moments restores without the datapoints of later events', async () => {
  const file = join(tmpdir(), `${randomUUID()}.tar.zst`);
  await using target = await aSite();
  const role = `reader_${randomUUID().slice(0, 8)}`;
  await site.pool.query(`create role ${role} login; grant select on all tables in schema public to ${role}`);
  const url = new URL(site.url);
  url.username = role;
  const holder = await site.pool.connect();
  await holder.query('begin; lock table experiments in access exclusive mode');
  const writing = site.run(`db backup -o ${file} --json`, { env: { DATABASE_URL: url.href } });
  await until(async () => {
    const { rowCount } = await site.pool.query(
      "select from pg_locks where not granted and relation = 'experiments'::regclass",
    );
    return rowCount !== 0;
  });
  const { rows } = await site.pool.query('select public_id from users limit 1');
  await anEvent(site, { name: 'Later', publicId: 'e-later', owner: rows[0].public_id });
  await site.pool.query(
    "insert into datapoints (public_id, value, timestamp, event_public_id) values ('d-later', 0, now(), 'e-later')",
  );
  await holder.query('rollback');
  holder.release();
  const { code, stdout } = await writing;
  await site.pool.query(`drop owned by ${role}; drop role ${role}; delete from events where public_id = 'e-later'`);
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    expect.objectContaining({ caveats: [expect.stringContaining('several moments')] }),
  ]);
  expect(await target.run(`db restore ${file}`)).toMatchObject({ code: 0 });
  expect(await everything(target)).toBe(await everything(site));
});

testForm('distributed', 'it is copied into one table at one moment', async () => {
  await using target = await aSite();
  {
    await using writer = aWriter(site);
    await until(() => writer.writes > 2);
    const { code, stderr } = await site.run(`migrate-from --source ${site.url} --target ${target.url}`);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('moments')]);
  }
  expect(await valuesOfMarked(target)).toBe(1);
});

testForm('distributed', 'what it is copied into resumes after a kill, and has the same rows', async () => {
  const target = other;
  const words = `migrate-from --source ${site.url} --target ${target.url}`;
  const holder = await target.pool.connect();
  await holder.query('begin; lock table datapoints in share mode');
  const killed = target.start(words);
  await until(async () => {
    const { rowCount } = await target.pool.query(
      "select from pg_locks where not granted and relation = 'datapoints'::regclass",
    );
    return rowCount !== 0;
  });
  killed.kill('SIGKILL');
  await holder.query('rollback');
  holder.release();
  expect((await target.run('datapoints list')).code).toBe(5);
  await site.pool.query("update experiments set name = 'Run again' where name = 'Run'");
  const { code, stdout, stderr } = await target.run(`${words} --json`);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  const { tables } = JSON.parse(stdout);
  expect(tables.map(({ resumed }: { resumed: boolean }) => resumed).slice(0, 4)).toEqual([true, true, false, false]);
  expect(await everything(target)).toBe(await everything(site));
  expect((await target.run(['experiments', 'show', 'Run again'])).code).toBe(0);
});
