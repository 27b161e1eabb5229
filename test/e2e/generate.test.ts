import { copyFileSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anEmptySite, aSite } from '../support/site.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A directory of migrations as in the source; its files are modules and find the ORM. */
function migrationDirectory() {
  const folder = temporaryDirectory();
  writeFileSync(join(folder.path, 'package.json'), '{ "type": "module" }');
  symlinkSync(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
  for (const file of readdirSync(join(ROOT, 'migrations'))) {
    copyFileSync(join(ROOT, 'migrations', file), join(folder.path, file));
  }
  return folder;
}

const generated = (path: string) => readdirSync(path).filter((file) => /^Migration.*_test\.ts$/.test(file));

test('generate writes nothing where database and entities agree, migrated or not', async () => {
  using folder = migrationDirectory();
  for (const aDatabase of [aSite, anEmptySite]) {
    await using site = await aDatabase();
    const { code, stderr } = await site.run(['db', 'generate', '--name', 'test', '--directory', folder.path]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('nothing written')]);
  }
  expect(generated(folder.path)).toEqual([]);
});

test('generate writes the difference both ways, once, and adds it to the list', async () => {
  using folder = migrationDirectory();
  await using site = await aSite();
  await site.pool.query('alter table users add column nickname text');
  const words = ['db', 'generate', '--name', 'test', '--directory', folder.path];

  const first = await site.run([...words, '--json']);
  const again = await site.run([...words, '--json']);

  const [file = ''] = generated(folder.path);
  expect(JSON.parse(first.stdout)).toEqual({ file: join(folder.path, file) });
  expect(JSON.parse(again.stdout)).toEqual({ file: null });
  const source = readFileSync(join(folder.path, file), 'utf8');
  expect(source).toMatch(/up\(\): void \{\n {4}this\.addSql\(`alter table "users" drop column "nickname"`\);/);
  expect(source).toMatch(/down\(\): void \{\n {4}this\.addSql\(`alter table "users" add "nickname" text null`\);/);
  expect(readFileSync(join(folder.path, 'index.ts'), 'utf8')).toContain(`, ${file.replace('.ts', '')}];`);
  expect((await site.run('db check')).code).toBe(6);
});

test.each([
  ['a name that is no identifier', ['--name', 'Add-Colour'], 2],
  ['no name', [], 2],
  ['a missing directory', ['--name', 'x', '--directory', '/nowhere'], 3],
])('generate refuses %s', async (_what, words, expected) => {
  await using site = await aSite();
  expect((await site.run(['db', 'generate', ...words])).code).toBe(expected);
});
