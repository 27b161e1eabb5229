import { chownSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { anImporter } from '../support/importer.ts';
import { anExperiment } from '../support/site.ts';
import { until } from '../support/until.ts';

const {
  site,
  pool,
  folder,
  data,
  event,
  env,
  run,
  recording,
  imported,
  idsStored,
  atCommit,
  records,
  pathOf,
  recordOf,
  close,
} = await anImporter();
afterAll(close);

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
    ['ffff', 3, 'No record'],
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
