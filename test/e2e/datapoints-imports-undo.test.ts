import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { anImporter } from '../support/importer.ts';
import { remakeDatapoints } from '../support/partitions.ts';
import { anEvent, aSite } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

const { site, pool, event, env, run, recording, imported, idsStored, atCommit, pathOf, recordOf, close } =
  await anImporter();
afterAll(close);

beforeEach(async () => {
  await pool.query('delete from datapoints');
});

describe('undo', () => {
  test('deletes exactly the rows of the import, once', async () => {
    const [first, second] = [await imported(3), await imported(2)];
    const [, , , ...others] = await idsStored();
    const undone = await run(['datapoints', 'imports', 'undo', first, '--yes', '--json']);
    expect([JSON.parse(undone.stdout), await idsStored()]).toEqual([
      { id: first, deleted: 3, undone_on: expect.any(String) },
      others,
    ]);
    const again = await run(['datapoints', 'imports', 'undo', first, '--yes']);
    const { undone_on: when } = JSON.parse(undone.stdout);
    expect([again.code, again.stderr]).toEqual([4, expect.stringContaining(`was already undone, on ${when}`)]);
    const { stdout } = await run(['datapoints', 'imports', 'show', first, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'undone', undone_on: when });
    expect((await run(['datapoints', 'imports', 'undo', second, '--yes'])).code).toBe(0);
    expect(await idsStored()).toEqual([]);
  });

  test('with --dry-run deletes nothing; asks on a terminal, and without one or --yes fails', async () => {
    const id = await imported(3);
    const { stderr } = await run(['datapoints', 'imports', 'undo', id, '--dry-run']);
    expect(stderr).toMatch(new RegExp(`^Would delete the 3 datapoints of import ${id} \\("recording \\d+.csv", .*\\)`));
    expect((await run(['datapoints', 'imports', 'undo', id])).code).toBe(2);
    const asked = await onTerminal(`datapoints imports undo ${id}`, { DATABASE_URL: site.url, ...env }, [
      [`Undo import ${id}?`, 'n\r'],
    ]);
    expect([asked.code, asked.output, await idsStored()]).toEqual([
      0,
      expect.stringContaining('Nothing was deleted.'),
      expect.objectContaining({ length: 3 }),
    ]);
  });

  test.each([
    ['updated', 'update datapoints set value = 7 where value = 1'],
    ['deleted', 'delete from datapoints where value = 1'],
    ['written to the same values', 'update datapoints set value = value where value = 1'],
    ['replaced by others with the same ids', 'update datapoints set id = id where value = 1'],
  ])('is refused as a whole when a row was %s', async (_how, sql) => {
    const id = await imported(1000);
    await pool.query(sql);
    const before = await idsStored();
    for (const option of ['--yes', '--dry-run']) {
      const { code, stderr } = await run(['datapoints', 'imports', 'undo', id, option]);
      expect([code, stderr]).toEqual([
        4,
        expect.stringContaining(`1 of the 1,000 datapoints of import ${id} have been changed, deleted or restored`),
      ]);
    }
    expect(await idsStored()).toEqual(before);
    expect(recordOf(id).undone_on).toBeNull();
  });

  test.each(['vacuum (freeze)', 'vacuum (full)', 'reindex table'])('works after %s', async (command) => {
    const id = await imported(5);
    await imported(5);
    await pool.query(`${command} datapoints`);
    expect((await run(['datapoints', 'imports', 'undo', id, '--yes'])).code).toBe(0);
    expect(await idsStored()).toHaveLength(5);
  });

  test('is refused for an import that replaced datapoints', async () => {
    const id = await imported(2);
    const record = recordOf(id);
    writeFileSync(pathOf(id), JSON.stringify({ ...record, replaced: 3 }));
    expect((await run(['datapoints', 'imports', 'undo', id, '--yes'])).stderr).toContain('replaced 3 datapoints');
    expect(await idsStored()).toHaveLength(2);
  });

  test('of an interrupted undo did not happen, and can be repeated', async () => {
    const id = await imported(2);
    await atCommit('delete', "raise 'refused'");
    expect((await run(['datapoints', 'imports', 'undo', id, '--yes'])).code).toBe(5);
    await pool.query('drop function at_commit cascade');
    const { stdout } = await run(['datapoints', 'imports', 'show', id, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'imported', undone_on: null });
    expect((await run(['datapoints', 'imports', 'undo', id, '--yes'])).code).toBe(0);
  });

  test('twice at once: one of them deletes', async () => {
    const id = await imported(5000);
    const runs = await Promise.all([1, 2, 3].map(() => run(['datapoints', 'imports', 'undo', id, '--yes'])));
    expect(runs.map(({ code }) => code).sort()).toEqual([0, 4, 4]);
    expect(runs.filter(({ stderr }) => stderr.includes('was already undone'))).toHaveLength(2);
  });

  test('is refused once the import has replaced datapoints', async () => {
    const words = ['datapoints', 'import', '-', '--event', event.name, '--on-duplicate', 'replace', '--json'];
    const input = recording(3);
    const [first, second] = [await site.run(words, { env, input }), await site.run(words, { env, input })];
    expect([first, second].map(({ stdout }) => JSON.parse(stdout).duplicates.replaced)).toEqual([0, 3]);
    const { code, stderr } = await run(['datapoints', 'imports', 'undo', JSON.parse(second.stdout).import_id, '--yes']);
    expect([code, stderr]).toEqual([4, expect.stringContaining('replaced 3 datapoints')]);
  });

  test('deletes only its own rows when imports ran at once', async () => {
    const files = [recording(4000), recording(4000), recording(4000)];
    // Of events of their own: imports of the same event wait for each other.
    const imports = files.map(async (input) => {
      const { name } = await anEvent(site);
      return await site.run(['datapoints', 'import', '-', '--event', name, '--json'], { env, input });
    });
    const runs = await Promise.all(imports);
    const ids = runs.map(({ stdout }) => JSON.parse(stdout).import_id);
    expect((await run(['datapoints', 'imports', 'undo', ids[1], '--yes'])).code).toBe(0);
    const { rows } = await pool.query('select distinct xmin::text as xid from datapoints');
    expect(rows.map(({ xid }) => xid).sort()).toEqual([ids[0], ids[2]].map((id) => recordOf(id).xid).sort());
    expect(await idsStored()).toHaveLength(8000);
  });
});

describe('the ids of an import', () => {
  test('are bounded by their sequence', async () => {
    const id = await imported(5);
    const stored = await idsStored();
    expect(recordOf(id)).toMatchObject({ lowest_id: stored[0], highest_id: stored[4] });
  });

  test.each([
    ['cached by sessions', 'start 10000000 cache 50'],
    ['falling', 'increment -1 minvalue 20000000 maxvalue 30000000 start 30000000'],
    ['falling and cached', 'increment -1 minvalue 40000000 maxvalue 50000000 start 50000000 cache 7'],
    ['cycling', 'start 60000000 cycle'],
  ])('can come from a sequence: %s', async (name, form) => {
    await pool.query(`create sequence "${name}" ${form};
      alter table datapoints alter id set default nextval('"${name}"'::regclass)`);
    const [first, second] = await Promise.all([imported(60), imported(60)]);
    expect((await run(['datapoints', 'imports', 'undo', first, '--yes'])).code).toBe(0);
    expect(await idsStored()).toHaveLength(60);
    expect((await run(['datapoints', 'imports', 'undo', second, '--yes'])).code).toBe(0);
  });

  test('are unknown to a role that may not read their sequence, which can undo its imports all the same', async () => {
    const role = `operator-${randomUUID()}`;
    await pool.query(`create role "${role}" login; grant select on all tables in schema public to "${role}";
      grant insert, delete on datapoints to "${role}";
      alter table datapoints alter id drop default, alter id add generated by default as identity (start with 70000000)`);
    const url = new URL(site.url);
    url.username = role;
    const id = await imported(3, { DATABASE_URL: url.href });
    const undone = await run(['datapoints', 'imports', 'undo', id, '--yes'], { DATABASE_URL: url.href });
    await pool.query(`drop owned by "${role}"; drop role "${role}"`);
    expect([recordOf(id).lowest_id, undone.code, await idsStored()]).toEqual([null, 0, []]);
    const known = await imported(2);
    expect([recordOf(known).lowest_id, recordOf(known).highest_id]).toEqual(['70000003', '70000004']);
  });

  test.each([
    { partitioned: false, id: 'bigint' as const },
    { partitioned: true, id: 'int' as const },
  ])('on $partitioned partitions of $id', async (form) => {
    await using other = await aSite();
    const { name } = await anEvent(other);
    await remakeDatapoints(other.pool, form);
    if (form.partitioned) {
      await other.pool.query('create table early partition of datapoints default');
    }
    const words = ['datapoints', 'import', '-', '--event', name, '--json'];
    const input = recording(30);
    const { stdout } = await other.run(words, { env, input });
    await other.run(words, { env, input: recording(10) });
    const undone = await other.run(['datapoints', 'imports', 'undo', JSON.parse(stdout).import_id, '--yes'], { env });
    const { rows } = await other.pool.query('select count(*)::int as rows from datapoints');
    expect([undone.code, rows]).toEqual([0, [{ rows: 10 }]]);
  });
});
