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

/** Adds a migration that is not built yet, whose column no entity has. */
function addNickname(path: string): void {
  const name = 'Migration20261124233448_nickname';
  const source = `import { Migration } from '@mikro-orm/migrations';
    export class ${name} extends Migration {
      override name = '${name}';
      override up(): void { this.addSql('alter table "users" add "nickname" text null'); }
    }`;
  writeFileSync(join(path, `${name}.ts`), source);
}

test('generate writes the difference both ways, once, and adds it to the list', async () => {
  using folder = migrationDirectory();
  addNickname(folder.path);
  await using site = await aSite();
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
});

test('generate neither sees nor drops what no migration of ours has made, nor leaves a trace', async () => {
  using folder = migrationDirectory();
  await using site = await aSite();
  await site.pool.query(`
    alter table users add column nickname text; create index mine on users (lower(username));
    alter table datapoints alter id type bigint; alter table events alter id drop default;
    alter table events alter id add generated always as identity;
    create view report as select * from datapoints; create type colour as enum ('red');
    create schema "a""b"; create table "a""b".users (id int); create schema partman; create view partman.v as select 1;
    create function events_t_fn() returns trigger language plpgsql as 'begin return new; end';
    create trigger t before insert on events for each row execute function events_t_fn();
    drop index ix_datapoints_event_ts`);
  const { code, stderr } = await site.run(['db', 'generate', '--name', 'test', '--directory', folder.path]);
  expect([code, stderr]).toEqual([0, expect.stringContaining('nothing written')]);
  const { rows } = await site.pool.query(`select nspname from pg_namespace where nspname !~ '^pg_' order by 1`);
  expect(rows.map(({ nspname }) => nspname)).toEqual(['a"b', 'information_schema', 'partman', 'public']);
});

test('generate writes no schema into a migration, whatever the current one is', async () => {
  using folder = migrationDirectory();
  addNickname(folder.path);
  await using site = await anEmptySite();
  await site.pool.query('create schema "Lab 2"');
  const options = { env: { PGOPTIONS: '-c search_path="Lab\\ 2"' } };
  const { code } = await site.run(['db', 'generate', '--name', 'test', '--directory', folder.path], options);
  const [file = ''] = generated(folder.path);
  expect([code, readFileSync(join(folder.path, file), 'utf8')]).toEqual([
    0,
    expect.stringMatching(/addSql\(`alter table "users" drop column "nickname"`\)/),
  ]);
});

test.each([
  ['a name that is no identifier', ['--name', 'Add-Colour'], 2],
  ['no name', [], 2],
  ['a missing directory', ['--name', 'x', '--directory', '/nowhere'], 3],
])('generate refuses %s', async (_what, words, expected) => {
  await using site = await aSite();
  expect((await site.run(['db', 'generate', ...words])).code).toBe(expected);
});
