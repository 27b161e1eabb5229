import { randomUUID } from 'node:crypto';
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { remakeDatapoints } from '../support/partitions.ts';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

const site = await aSite();
const folder = temporaryDirectory();
const data = join(folder.path, 'data');
afterAll(async () => {
  folder[Symbol.dispose]();
  await site[Symbol.asyncDispose]();
});
const { pool } = site;
const event = await anEvent(site);
const env = { WEBMACS_DATA_DIR: data };
let hour = 0;

const run = async (line: string | string[], more: Record<string, string> = {}) =>
  await site.run(line, { env: { ...env, ...more } });

/** A recording of an hour of its own. */
function recording(rows: number): string {
  hour += 1;
  const start = Date.UTC(2026, 0, 1, hour);
  const lines = Array.from({ length: rows }, (_, at) => `${new Date(start + at * 1000).toJSON()},${at}\n`);
  return `timestamp,value\n${lines.join('')}`;
}

async function imported(rows: number, more: Record<string, string> = {}): Promise<string> {
  const file = join(folder.path, `recording ${hour + 1}.csv`);
  writeFileSync(file, recording(rows));
  const { stdout } = await run(['datapoints', 'import', file, '--event', event.name, '--json'], more);
  return JSON.parse(stdout).import_id;
}

async function idsStored(): Promise<string[]> {
  return (await pool.query('select id::text from datapoints order by id')).rows.map(({ id }) => id);
}

/** Makes the server do something at the COMMIT of a transaction that inserts or deletes datapoints. */
async function atCommit(change: 'insert' | 'delete', statement: string): Promise<void> {
  await pool.query(`create function at_commit() returns trigger language plpgsql as $$ begin ${statement}; return null; end $$;
    create constraint trigger at_commit after ${change} on datapoints deferrable initially deferred
      for each row execute function at_commit()`);
}

const records = () => readdirSync(join(data, 'imports')).filter((name) => name.endsWith('.json'));
const pathOf = (id: string) => join(data, 'imports', `${id}.json`);
const recordOf = (id: string) => JSON.parse(readFileSync(pathOf(id), 'utf8'));

beforeEach(async () => {
  await pool.query('delete from datapoints');
});

describe('a record', () => {
  test('is kept of each import, and listed with file, rows, time and user', async () => {
    const first = await imported(3);
    const second = await imported(2);
    const { stdout } = await run('datapoints imports --json');
    expect(JSON.parse(stdout).slice(0, 2)).toEqual([
      expect.objectContaining({ id: second, rows: 2, state: 'imported', undone_on: null }),
      expect.objectContaining({
        id: first,
        file: expect.stringMatching(/^\/.*recording \d+\.csv$/),
        rows: 3,
        replaced: 0,
        user: expect.stringMatching(/./),
        imported_on: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\+00:00$/),
      }),
    ]);
    expect(statSync(pathOf(first)).mode & 0o777).toBe(0o600);
    const shown = await run(['datapoints', 'imports', 'show', first.slice(0, 4), '--json']);
    expect(JSON.parse(shown.stdout)).toEqual(JSON.parse(stdout)[1]);
    expect((await run('datapoints imports ls')).stdout).toContain(`${first}\t`);
  });

  test('is named in the summary, but not with --quiet', async () => {
    const experiment = await anExperiment(site);
    const words = ['datapoints', 'import', '-', '--event', event.name, '--experiment', experiment.name];
    const { stderr } = await site.run(words, { env, input: recording(1) });
    const [, id = ''] = /\nUndo it with \S+ datapoints imports undo ([0-9a-f]{8})\n$/.exec(stderr) ?? [];
    expect(recordOf(id)).toMatchObject({ file: null, experiment_public_id: experiment.publicId });
    const quiet = await site.run([...words, '--quiet'], { env, input: recording(1) });
    expect([quiet.code, quiet.stderr]).toEqual([0, '']);
  });

  test('that cannot be kept does not keep the import from succeeding', async () => {
    const file = join(folder.path, 'a file');
    writeFileSync(file, '');
    const line = ['datapoints', 'import', '-', '--event', event.name];
    const more = { env: { WEBMACS_DATA_DIR: join(file, 'data') }, input: recording(1) };
    const { code, stderr } = await site.run(line, more);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/It cannot be undone, because no record of it could be kept: .*a file/),
    ]);
    const { stdout } = await site.run([...line, '--json'], { ...more, input: recording(1) });
    expect(JSON.parse(stdout)).toMatchObject({ rows: 1, import_id: null, undo_problem: expect.stringMatching(/./) });
    expect(await idsStored()).toHaveLength(2);
  });

  test.runIf(process.getuid?.() === 0)('is not written by root into a folder of another user', async () => {
    const home = join(folder.path, 'alice');
    mkdirSync(join(home, 'imports'), { recursive: true });
    chownSync(join(home, 'imports'), 12345, 12345);
    const { stderr } = await site.run(['datapoints', 'import', '-', '--event', event.name], {
      env: { WEBMACS_DATA_DIR: home },
      input: recording(1),
    });
    expect([stderr, readdirSync(join(home, 'imports'))]).toEqual([
      expect.stringContaining('belongs to another user'),
      [],
    ]);
  });

  test('is removed when the import fails at COMMIT', async () => {
    await atCommit('insert', "raise 'refused'");
    const before = records();
    const { code } = await site.run(['datapoints', 'import', '-', '--event', event.name], { env, input: recording(1) });
    await pool.query('drop function at_commit cascade');
    expect([code, records()]).toEqual([5, before]);
  });

  test('is not kept of a file without rows', async () => {
    const before = records();
    const line = ['datapoints', 'import', '-', '--event', event.name, '--json'];
    const { stdout } = await site.run(line, { env, input: 'timestamp,value\n' });
    expect([JSON.parse(stdout).import_id, records()]).toEqual([null, before]);
  });

  test('of a program that was killed before COMMIT is listed as not committed, and cannot be undone', async () => {
    await atCommit('insert', 'perform pg_sleep(60)');
    const before = new Set(records());
    const file = join(folder.path, 'killed.csv');
    writeFileSync(file, recording(2));
    const child = site.start(['datapoints', 'import', file, '--event', event.name], { env });
    await until(() => records().length > before.size);
    child.kill('SIGKILL');
    await pool.query('drop function at_commit cascade');
    const id = basename(records().find((name) => !before.has(name)) ?? '', '.json');
    const { stdout } = await run(['datapoints', 'imports', 'show', id, '--json']);
    expect([JSON.parse(stdout).state, await idsStored()]).toEqual(['not committed', []]);
    const { code, stderr } = await run(['datapoints', 'imports', 'undo', id, '--yes']);
    expect([code, stderr]).toEqual([4, expect.stringContaining('has stored nothing')]);
  });

  test('of another database is listed with --all-databases only, and cannot be undone', async () => {
    const id = await imported(2);
    writeFileSync(pathOf(id), JSON.stringify({ ...recordOf(id), database_identity: '1/2/3', database: 'lab2' }));
    expect((await run('datapoints imports')).stdout).not.toContain(id);
    expect((await run('datapoints imports --all-databases')).stdout).toMatch(
      new RegExp(`^${id}\t.*\tother database\tlab2$`, 'm'),
    );
    const { code, stderr } = await run(['datapoints', 'imports', 'undo', id, '--yes']);
    expect([code, stderr]).toEqual([4, expect.stringContaining('made in another database, then named "lab2"')]);
    expect(await idsStored()).toHaveLength(2);
  });

  test.each([
    ['not JSON', '{', 'is not valid JSON'],
    ['another version', '{ "version": 2 }', 'version 1'],
    ['no object', '[]', 'is not a JSON object'],
    ['a value of another type', '{ "version": 1, "id": "00000000", "file": 7 }', '"file" is missing or invalid'],
  ])('that is %s is named, and the others are listed', async (_what, content, why) => {
    const id = await imported(1);
    const broken = pathOf('00000000');
    writeFileSync(broken, content);
    const { code, stdout, stderr } = await run('datapoints imports --json');
    expect([code, stderr]).toEqual([0, expect.stringContaining(`warning: ${broken} `)]);
    expect([stderr, JSON.parse(stdout)[0].id]).toEqual([expect.stringContaining(why), id]);
    const shown = await run('datapoints imports show 0000');
    expect([shown.code, shown.stderr]).toEqual([2, expect.stringContaining(why)]);
    writeFileSync(broken, JSON.stringify(recordOf(id)));
    expect((await run('datapoints imports undo 0000 --yes')).stderr).toContain(
      `is the record of another import, ${id}`,
    );
  });

  test('that is a symbolic link is not read', async () => {
    const id = await imported(1);
    symlinkSync(pathOf(id), pathOf('11111111'));
    const { code, stderr } = await run('datapoints imports show 1111');
    expect([code, stderr]).toEqual([3, expect.stringContaining('must be a file of the owner of its folder')]);
  });

  test.each([
    ['ffff', 3, 'There is no record'],
    ['1a2', 2, 'is not the id of an import'],
    ['../../etc', 2, 'is not the id of an import'],
    ['2222', 4, 'More than one import starts with "2222": 22220000, 22220001.'],
  ])('%s is refused as an id with exit code %i', async (given, expected, why) => {
    mkdirSync(join(data, 'imports'), { recursive: true });
    writeFileSync(pathOf('22220000'), '');
    writeFileSync(pathOf('22220001'), '');
    const { code, stderr } = await run(['datapoints', 'imports', 'undo', given, '--yes']);
    expect([code, stderr]).toEqual([expected, expect.stringContaining(why)]);
  });
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
