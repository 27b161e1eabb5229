import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { aSite, layout, type Site } from '../support/site.ts';
import { aSiteFor, hasForm, testForm } from '../support/storage-forms.ts';
import { until } from '../support/until.ts';
import { aRun, aWriter, MARKED, valuesOfMarked } from '../support/writer-on-all.ts';

/** Backups and copies of datapoints on several servers, and into such. */
const CONVERT = `db storage citus --distribute-by event --shards 8${layout === 'own' ? '' : ' --server-agrees'}`;

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
