import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { FileReader } from '../../src/commands/datapoints/import/file-reader.ts';
import { findFiles } from '../../src/files/find-files.ts';
import { zipOf } from '../plugins/zip.ts';
import { TestHost } from '../support/host.ts';
import { temporaryDirectory } from '../support/program.ts';
import { running } from '../support/running.ts';
import { anEvent, aSite } from '../support/site.ts';
import { until } from '../support/until.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const event = await anEvent(site, { name: 'Drück' });
const folder = temporaryDirectory();
afterAll(() => folder[Symbol.dispose]());
beforeEach(empty);

const at = (...names: string[]) => join(folder.path, ...names);
const table = (...days: number[]) =>
  `timestamp,Drück\n${days.map((day) => `2026-01-0${day}T00:00:00Z,${day}.5\n`).join('')}`;

/** Writes files into a folder of their own, and returns its path. */
function files(name: string, contents: Record<string, string | Buffer>): string {
  mkdirSync(at(name));
  for (const [file, content] of Object.entries(contents)) {
    writeFileSync(at(name, file), content);
  }
  return at(name);
}

async function empty(): Promise<void> {
  await site.pool.query('delete from datapoints');
}

async function stored(): Promise<number[]> {
  const { rows } = await site.pool.query<{ value: number }>('select value from datapoints order by id');
  return rows.map(({ value }) => value);
}

const importing = (...words: string[]) => site.run(['datapoints', 'import', ...words]);

describe('several files', () => {
  test('are imported in turn, with a line for each and the total', async () => {
    const path = files('turn', {
      'b.csv': table(2),
      'a.csv.gz': gzipSync(table(1)),
      'c.zip': zipOf([{ name: 'c.csv', content: table(3, 4) }]),
    });
    const { code, stderr } = await importing(join(path, 'b.csv'), join(path, 'a.csv.gz'), join(path, 'c.zip'));
    expect([code, await stored()]).toEqual([0, [2.5, 1.5, 3.5, 4.5]]);
    const [first, second, third, total, ...rest] = stderr.trimEnd().split('\n');
    expect(first).toMatch(/^✓ .*turn\/b\.csv: 1 datapoint imported in .*, from 2026-01-02T00:00:00\+00:00 to /);
    expect([second, third]).toEqual([expect.stringContaining('a.csv.gz: 1 '), expect.stringContaining('c.zip: 2 ')]);
    expect([total, rest]).toEqual([
      expect.stringMatching(/^✓ 3 files: 4 datapoints imported in /),
      [
        expect.stringMatching(
          /^Undo one of them with .* datapoints imports undo ID; the ids are listed by .* datapoints imports$/,
        ),
      ],
    ]);
  });

  test('of a pattern are imported once each, by name, and a file of that name wins', async () => {
    const path = files('pattern', { 'b.csv': table(2), 'a.csv': table(1), '.hidden.csv': table(9), 'c.txt': table(9) });
    mkdirSync(join(path, 'folder.csv'));
    symlinkSync('b.csv', join(path, 'latest.csv'));
    expect((await importing(join(path, 'b.csv'), join(path, '*.csv'))).code).toBe(0);
    expect(await stored()).toEqual([2.5, 1.5]);
    writeFileSync(join(path, '*.csv'), table(7));
    expect((await importing(join(path, '*.csv'))).code).toBe(0);
    expect(await stored()).toEqual([2.5, 1.5, 7.5]);
  });

  test.each<[string[], number, string]>([
    [['missing-*.csv'], 3, 'No file matches missing-*.csv.'],
    [['-', '-'], 2, 'can be read only once'],
    [['turn/missing.csv', '-'], 3, 'The file turn/missing.csv does not exist.'],
    [['/', '-'], 2, '/ is a directory.'],
    [['/dev/null', '-', '--skip-bad', 'bad.csv'], 2, 'rejected lines of several files cannot be written to one'],
  ])('%j are refused before anything is imported', async (words, expected, message) => {
    const { code, stderr } = await importing(...words);
    expect([code, stderr, await stored()]).toEqual([expected, expect.stringContaining(message), []]);
  });

  test('before one that fails are kept, and reported', async () => {
    const path = files('fails', {
      '1.csv': table(1),
      '2.csv': table(2),
      '3.csv': 'timestamp,Drück\nx,1\n',
      '4.csv': table(4),
    });
    const { code, stderr } = await importing(join(path, '*.csv'));
    expect([code, await stored()]).toEqual([2, [1.5, 2.5]]);
    const named = (...names: number[]) => names.map((name) => join(path, `${name}.csv`)).join(', ');
    expect(stderr).toContain(`warning: imported before the failure: ${named(1, 2)}; not imported: ${named(3, 4)}.\n`);
    expect(stderr).toContain(`${named(3)}: 1 bad line; nothing was imported.\n`);
    await empty();
    const json = await importing(join(path, '*.csv'), '--json');
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([
      2,
      {
        files: [
          { file: named(1), rows: 1 },
          { file: named(2), rows: 1 },
        ],
        rows: 2,
        not_imported: [named(3), named(4)],
      },
    ]);
  });

  test('are reported when the user interrupts a later one', async () => {
    const path = files('interrupted', { '1.csv': table(1), '3.csv': table(3) });
    const words = ['datapoints', 'import', join(path, '1.csv'), '-', join(path, '3.csv')];
    const host = Object.assign(new TestHost({ env: { DATABASE_URL: site.url } }), { stdin: new PassThrough() });
    await using command = running(words, host);
    await until(() => command.stderr().includes('1 datapoint imported'));
    const { code, stderr } = await command.interrupt();
    expect([code, await stored()]).toEqual([130, [1.5]]);
    expect(stderr).toContain(`before the failure: ${join(path, '1.csv')}; not imported: -, ${join(path, '3.csv')}.\n`);
    expect(stderr).toContain('-: Interrupted; nothing was imported.');
  });

  test('have one progress, of the bytes of all', async () => {
    const path = files('progress', { '1.csv': table(1), '2.csv': table(2, 3, 4, 5) });
    const found = await findFiles([join(path, '*.csv')]);
    const updates: unknown[] = [];
    const reader = new FileReader(found, Readable.from([]));
    for (const rows of [1, 4]) {
      const file = found[updates.length];
      await text((await reader.sourceOf(file ?? { path: '', size: 0 }).open()) as Readable);
      updates.push(reader.progressOf({ rows, bytes: file?.size ?? 0 }));
      reader.next();
    }
    const [first, second] = [table(1), table(2, 3, 4, 5)].map((content) => Buffer.byteLength(content));
    const all = (first ?? 0) + (second ?? 0);
    expect(updates).toEqual([
      { rows: 1, bytes: first, totalRows: Math.round(all / (first ?? 0)) },
      { rows: 5, bytes: all, totalRows: 5 },
    ]);
  });

  test('with --atomic are imported in one transaction', async () => {
    const path = files('atomic', { '1.csv': table(3), '2.csv': table(1, 2), '3.csv': 'timestamp,Drück\nx,1\n' });
    const refused = await importing(join(path, '*.csv'), '--atomic');
    expect([refused.code, await stored()]).toEqual([2, []]);
    expect(refused.stderr).toContain(`${join(path, '3.csv')}: 1 bad line; nothing was imported.\n`);
    const { code, stderr } = await importing(join(path, '[12].csv'), '--atomic');
    expect([code, await stored()]).toEqual([0, [3.5, 1.5, 2.5]]);
    expect(stderr).toMatch(
      /1\.csv: 1 datapoint\.\n.*2\.csv: 2 datapoints\.\n✓ 2 files: 3 datapoints imported in .*, from 2026-01-01T00:00:00\+00:00 to 2026-01-03T00:00:00\+00:00\.\nUndo it with \S+ datapoints imports undo [0-9a-f]{8}\n$/,
    );
    const { stdout } = await site.run('datapoints imports --json');
    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({ rows: 3, file: `${join(path, '1.csv')}, ${join(path, '2.csv')}` }),
    );
  });

  test('are an object with files in JSON, one file is the object itself', async () => {
    const path = files('json', { '1.csv': table(1), '2.csv': 'timestamp,Drück\n' });
    const several = JSON.parse((await importing(join(path, '*'), '--json')).stdout);
    expect(several).toEqual({
      files: [
        expect.objectContaining({ file: join(path, '1.csv'), rows: 1, bad: 0 }),
        expect.objectContaining({ file: join(path, '2.csv'), rows: 0, first: null }),
      ],
      rows: 1,
      seconds: expect.any(Number),
      not_imported: [],
    });
    await empty();
    const together = JSON.parse((await importing(join(path, '*'), '--json', '--atomic')).stdout);
    expect(together).toMatchObject({ files: [{ rows: 1 }, { rows: 0 }], rows: 1, first: '2026-01-01T00:00:00+00:00' });
    await empty();
    const one = JSON.parse((await importing(join(path, '1*'), '--json')).stdout);
    expect(Object.keys(one)).toEqual([
      'rows',
      'bad',
      'rejections',
      'missing',
      'rounded',
      'shifted',
      'skipped',
      'first',
      'last',
      'duplicates',
      'out_of_range',
      'seconds',
      'notes',
      'created_events',
      'created_experiment',
      'import_id',
    ]);
  });
});

describe('encodings', () => {
  test('other than UTF-8 are refused with the line, and read with --encoding', async () => {
    const path = files('latin', { '1.csv': Buffer.from(table(1), 'latin1'), '2.csv': Buffer.from(table(2), 'latin1') });
    const refused = await importing(join(path, '1.csv'));
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('Line 1 is not UTF-8 text.')]);
    expect(refused.stderr).toContain('--encoding windows-1252');
    expect((await importing(join(path, '1.csv'), '--encoding', 'windows-1252')).code).toBe(0);
    expect((await importing(join(path, '2.csv'), '--encoding', 'Latin1')).code).toBe(0);
    expect(await stored()).toEqual([1.5, 2.5]);
    const unknown = await importing(join(path, '2.csv'), '--encoding', 'cp850');
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('Unknown encoding "cp850"')]);
  });

  test('in UTF-16 are found by the mark, or by their bytes, which is said', async () => {
    const wide = (text: string) => Buffer.from(text, 'utf16le');
    const path = files('wide', { 'marked.csv': wide(`\ufeff${table(1)}`), 'bare.csv': wide(table(2)) });
    expect(await importing(join(path, 'marked.csv'))).toMatchObject({
      code: 0,
      stderr: expect.not.stringContaining('Note'),
    });
    const { code, stderr } = await importing(join(path, 'bare.csv'));
    expect([code, stderr]).toEqual([0, expect.stringContaining('Note: It is read as utf-16le, as its NUL bytes show')]);
    expect(await stored()).toEqual([1.5, 2.5]);
  });

  test('line ends of an old Mac are read, and an archive on standard input is refused by name', async () => {
    const input = table(1, 2).replaceAll('\n', '\r');
    expect((await site.run('datapoints import -', { input })).code).toBe(0);
    expect([await stored(), event.name]).toEqual([[1.5, 2.5], 'Drück']);
    const zip = zipOf([{ name: 'a.csv', content: 'ascii' }]).toString('latin1');
    const refused = await site.run('datapoints import -', { input: zip });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('is a ZIP archive, not CSV')]);
  });
});
