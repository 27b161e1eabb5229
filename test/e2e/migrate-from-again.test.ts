import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { LayoutName } from '../../src/database/layouts/layouts.ts';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { aSource, migrateFrom, obstacleAt, tablesOf } from '../support/migration.ts';
import { aSite, type Site } from '../support/site.ts';

cheapHashes();

test.each(['SIGKILL', 'SIGINT'] as const)('ended by %s, it goes on behind the last whole table', async (signal) => {
  await using source = await aSource();
  await using target = await aSite('server-roles');
  const obstacle = await obstacleAt('datapoints', target);
  const child = target.start(['migrate-from', '--source', source.url]);
  const stderr = child.stderr ? text(child.stderr) : '';
  await obstacle.reached();
  child.kill(signal);
  const code = await new Promise((done) => child.once('close', done));
  if (signal === 'SIGINT') {
    expect([code, await stderr]).toEqual([
      130,
      expect.stringMatching(/^error: Interrupted. Run the same .*resumes.$/m),
    ]);
  }
  await obstacle.remove();
  const again = await migrateFrom(source, target, '--json');
  expect(again.code).toBe(0);
  expect(tablesOf(again.stdout).map(({ resumed }) => resumed)).toEqual([
    ...[true, true, true],
    ...Array.from({ length: 12 }, () => false),
  ]);
});

test('run again after its end, it says that all is there, and writes nothing', async () => {
  await using source = await aSource();
  await using target = await aSite('server-roles');
  expect((await migrateFrom(source, target)).code).toBe(0);
  const { code, stderr } = await migrateFrom(source, target);
  expect([code, stderr]).toEqual([0, expect.stringContaining('Already complete: ')]);
  await source.run('events update Flow --max 11');
  expect((await migrateFrom(source, target)).code).toBe(4);
});

/** A target into which the first tables are copied, as an interruption leaves it. */
async function interrupted(source: Site, layout: LayoutName): Promise<Site> {
  const target = await aSite(layout);
  await target.pool.query(`create function stop() returns trigger language plpgsql as $$ begin raise 'stop'; end $$;
    create trigger stop before insert on datapoints execute function stop()`);
  const { code, stderr } = await migrateFrom(source, target);
  expect([code, stderr]).toEqual([
    5,
    expect.stringMatching(new RegExp(`^error: \\S+${new URL(target.url).pathname}\\S* reported: stop`, 'm')),
  ]);
  await target.pool.query('drop trigger stop on datapoints');
  return target;
}

test('a table that the source has changed since is copied again, with all that follow', async () => {
  await using source = await aSource();
  await using target = await interrupted(source, 'server-roles');
  await source.run('events update Flow --max 11');
  const { stdout } = await migrateFrom(source, target, '--json');
  expect(tablesOf(stdout).map(({ resumed }) => resumed)).toEqual([true, ...Array.from({ length: 14 }, () => false)]);
  expect(JSON.parse((await target.run('events show Flow --json')).stdout)).toMatchObject({ max_value: 11 });
});

test('an interrupted target is not mixed with another source, nor with rows of others', async () => {
  await using source = await aSource();
  await using other = await aSource();
  await using target = await interrupted(source, 'server-roles');
  expect(await migrateFrom(other, target)).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('another database'),
  });
  await target.pool.query(`update users set email = 'changed@lab.org' where username = 'bob'`);
  expect(await migrateFrom(source, target)).toMatchObject({ code: 4, stderr: expect.stringContaining('have changed') });
});

test('the source can be written to during a copy, and what is written then is not copied', async () => {
  await using source = await aSource();
  await using target = await aSite('server-roles');
  const obstacle = await obstacleAt('log_entries', target);
  const running = migrateFrom(source, target, '--json');
  await obstacle.reached();
  expect((await source.run('experiments start Next --as ada')).code).toBe(0);
  expect((await source.run('events update Flow --max 12')).code).toBe(0);
  await obstacle.remove();
  const { code, stdout } = await running;
  expect(code).toBe(0);
  expect(tablesOf(stdout).filter(({ table }) => table === 'log_entries')).toMatchObject([{ rows: 2 }]);
});

test('a second transfer into one target is refused with 7 while the first is at work', async () => {
  await using source = await aSource();
  await using target = await aSite('own');
  const obstacle = await obstacleAt('datapoints', target);
  const first = migrateFrom(source, target);
  await obstacle.reached();
  expect((await migrateFrom(source, target)).code).toBe(7);
  await obstacle.remove();
  expect((await first).code).toBe(0);
});
