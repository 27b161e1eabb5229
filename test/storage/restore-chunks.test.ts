import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { factsOf } from '../database/layouts/catalogue.ts';
import { aSource, migrateFrom, obstacleAt, tablesOf } from '../support/migration.ts';
import { temporaryDirectory } from '../support/program.ts';
import { AGREED, layout, type Site } from '../support/site.ts';
import { aSiteFor, testForm } from '../support/storage-forms.ts';

/** So many that those of one table are filled without indexes. */
const ROWS = 12_000;
const folder = temporaryDirectory();
const file = join(folder.path, 'large.tar.zst');
let source: Site;
beforeAll(async () => {
  source = await aSource();
  await source.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select 'large' || i, i / 3.0, timestamptz '2026-02-01' + i * interval '1 min', 'e1', 'x1' from generate_series(1, ${ROWS}) i`,
  );
  expect((await source.run(['db', 'backup', '-o', file])).code).toBe(0);
});
afterAll(async () => {
  await source[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** All columns of the own layout, which the layouts of the server do not have all. */
const KEPT = layout === 'own' ? 'd.*' : 'id, public_id, value, timestamp, event_public_id, experiment_public_id';
const contentOf = async ({ pool }: Site) =>
  (await pool.query(`select md5(string_agg(row (${KEPT})::text, '|' order by id)) as content from datapoints d`))
    .rows[0];

for (const [form, options] of [
  ['hypertable', '--chunk 1d'],
  ['compressed', '--chunk 1d --compress-after 1d'],
] as const) {
  const words = ['db', 'restore', file, '--yes'];
  const aTarget = async () => {
    const target = await aSiteFor(form);
    expect((await target.run(`db storage timescale ${options}${AGREED}`)).code).toBe(0);
    return target;
  };

  testForm(
    form,
    `more rows than one table keeps its indexes for are restored and copied into a ${form} table`,
    async () => {
      for (const copy of [
        async (target: Site) => await target.run(words),
        async (target: Site) => await migrateFrom(source, target),
      ]) {
        await using target = await aTarget();
        const schema = await factsOf(target.pool);
        expect(await copy(target)).toMatchObject({ code: 0 });
        expect(await contentOf(target)).toEqual(await contentOf(source));
        expect(await factsOf(target.pool)).toEqual(schema);
        expect(await copy(target)).toMatchObject({ code: 0, stderr: expect.stringContaining('Already complete') });
      }
    },
  );

  testForm(form, `what failed or was killed in a ${form} table is continued`, async () => {
    await using target = await aTarget();
    const schema = await factsOf(target.pool);
    await target.pool.query(`create function changing() returns trigger language plpgsql as
        $$ begin if new.id = 10000 then new.value := 0; end if; return new; end $$;
      create trigger changing before insert on datapoints for each row execute function changing()`);
    expect(await target.run(words)).toMatchObject({
      code: 6,
      stderr: expect.stringContaining(`differs: ${ROWS + 10} rows`),
    });
    expect((await target.pool.query('select from datapoints')).rowCount).toBe(0);
    await target.pool.query('drop function changing cascade');
    const obstacle = await obstacleAt('log_entries', target);
    const child = target.start(words);
    await obstacle.reached();
    child.kill('SIGKILL');
    await once(child, 'close');
    await obstacle.remove();
    const { code, stdout, stderr } = await target.run([...words, '--json']);
    const warned =
      /^(warning: .+\n)*warning: The layout "[a-z-]+" cannot store "created_on" of 12,010 of the datapoints\.\n$/;
    expect([code, stderr]).toEqual([0, layout === 'own' ? '' : expect.stringMatching(warned)]);
    expect(tablesOf(stdout).find(({ table }) => table === 'datapoints')).toMatchObject({
      rows: ROWS + 10,
      resumed: true,
    });
    expect(await contentOf(target)).toEqual(await contentOf(source));
    expect(await factsOf(target.pool)).toEqual(schema);
  });
}
