import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { partPath } from '../../src/files/part-name.ts';
import { defined } from '../../src/text/defined.ts';
import { type Run, temporaryDirectory, webmacs } from '../support/program.ts';
import { aSite, aUser } from '../support/site.ts';

async function originOf(env: Record<string, string>, ...words: string[]): Promise<string[]> {
  const { stdout } = await webmacs(['config', 'show', '--json', ...words], { env });
  const [{ value, origin }] = JSON.parse(stdout);
  return [value, origin];
}

test('the first place that names a database wins', async () => {
  using folder = temporaryDirectory();
  const WEBMACS_CONFIG = join(folder.path, 'config.json');
  writeFileSync(WEBMACS_CONFIG, '{ "database_url": "postgresql://u:pw@file/db" }');
  const WEBMACS_DATA_DIR = join(folder.path, 'data');
  const PGHOST = 'variables';
  const pg = { PGHOST, PGUSER: 'u', PGDATABASE: 'db' };
  const DATABASE_URL = 'postgresql+asyncpg://u:pw@environment:5433/db?ssl=disable';
  const option = ['--database-url', 'postgres://u:pw@option/db'];
  expect(await originOf({ WEBMACS_CONFIG, ...pg, DATABASE_URL }, ...option)).toEqual([
    'postgresql://u@option:5432/db',
    '--database-url',
  ]);
  expect(await originOf({ WEBMACS_CONFIG, ...pg, DATABASE_URL })).toEqual([
    'postgresql://u@environment:5433/db',
    'DATABASE_URL',
  ]);
  expect(await originOf({ WEBMACS_CONFIG, ...pg })).toEqual(['postgresql://u@variables:5432/db', 'PG* variables']);
  expect(await originOf({ WEBMACS_CONFIG })).toEqual(['postgresql://u@file:5432/db', WEBMACS_CONFIG]);
  expect(await originOf({ WEBMACS_DATA_DIR })).toEqual([
    `the embedded server in ${WEBMACS_DATA_DIR}`,
    'no database is set',
  ]);
});

test('config set removes what a killed run has left', async () => {
  using folder = temporaryDirectory();
  const WEBMACS_CONFIG = join(folder.path, 'config.json');
  const left = partPath(WEBMACS_CONFIG).replace(`-${process.pid}-`, `-${spawnSync('true').pid}-`);
  writeFileSync(left, '');
  expect((await webmacs(['config', 'set', 'as', 'ada'], { env: { WEBMACS_CONFIG } })).code).toBe(0);
  expect(readdirSync(folder.path)).toEqual(['config.json']);
});

test('each way to name the database leads to it', async () => {
  await using site = await aSite();
  await aUser(site, { username: 'somebody' });
  using folder = temporaryDirectory();
  const WEBMACS_CONFIG = join(folder.path, 'config.json');
  writeFileSync(WEBMACS_CONFIG, JSON.stringify({ database_url: site.url }));
  const url = new URL(site.url);
  const pg = {
    PGHOST: url.searchParams.get('host') ?? '',
    PGPORT: url.port || '5432',
    PGUSER: url.username,
    PGDATABASE: url.pathname.slice(1),
  };
  const asyncpg = `${site.url.replace('postgresql://', 'postgresql+asyncpg://')}&ssl=disable`;
  const ways: [string[], Record<string, string>][] = [
    [['--database-url', site.url], {}],
    [[], { DATABASE_URL: asyncpg }],
    [[], pg],
    [[], { WEBMACS_CONFIG }],
  ];
  for (const [words, env] of ways) {
    const { code, stdout } = await webmacs(['users', 'list', ...words], { env });
    expect([code, stdout]).toEqual([0, expect.stringContaining('somebody')]);
  }
});

test('a URL with a password is refused on the command line, and taken from standard input', async () => {
  using folder = temporaryDirectory();
  const WEBMACS_CONFIG = join(folder.path, 'deep', 'config.json');
  const set = async (words: string[], input?: string): Promise<Run> =>
    await webmacs(['config', 'set', 'database_url', ...words], {
      env: { WEBMACS_CONFIG },
      ...defined({ input }),
    });
  const url = 'postgresql://lab:s3cr3t@host/db';

  const refused = await set([url]);
  expect([refused.code, refused.stderr]).toEqual([2, expect.not.stringContaining('s3cr3t')]);
  const accepted = await set([], `${url}\n`);
  expect([accepted.code, accepted.stderr]).toEqual([0, expect.not.stringContaining('s3cr3t')]);

  expect(JSON.parse(readFileSync(WEBMACS_CONFIG, 'utf8'))).toEqual({ database_url: url });
  expect(statSync(WEBMACS_CONFIG).mode & 0o777).toBe(0o600);
  expect(await originOf({ WEBMACS_CONFIG })).toEqual(['postgresql://lab@host:5432/db', WEBMACS_CONFIG]);
  const unset = async () => await webmacs(['config', 'unset', 'database_url'], { env: { WEBMACS_CONFIG } });
  expect(await unset()).toMatchObject({ code: 0, stderr: expect.stringContaining('database_url removed from') });
  expect(await unset()).toMatchObject({ code: 0, stderr: expect.stringContaining('database_url is not set in') });
  expect(JSON.parse(readFileSync(WEBMACS_CONFIG, 'utf8'))).toEqual({});
});

test('a password in the query of a URL is refused on the command line too', async () => {
  using folder = temporaryDirectory();
  const WEBMACS_CONFIG = join(folder.path, 'config.json');
  const words = ['config', 'set', 'database_url', 'postgresql://lab@host/db?password=s3cr3t'];
  const { code, stderr } = await webmacs(words, { env: { WEBMACS_CONFIG } });
  expect([code, stderr]).toEqual([2, expect.not.stringContaining('s3cr3t')]);
});

test('a setting is kept when another one is saved', async () => {
  using folder = temporaryDirectory();
  const WEBMACS_CONFIG = join(folder.path, 'config.json');
  await webmacs(['config', 'set', 'as', 'alice'], { env: { WEBMACS_CONFIG } });
  await webmacs(['config', 'set', 'timezone', 'Europe/Berlin'], { env: { WEBMACS_CONFIG } });
  const { stdout } = await webmacs(['config', 'show', '--origin'], { env: { WEBMACS_CONFIG } });
  expect(stdout).toContain(`as\talice\t${WEBMACS_CONFIG}\ntimezone\tEurope/Berlin\t${WEBMACS_CONFIG}\n`);
});

test.each([
  ['an unknown setting', ['color', 'red'], 'database_url, as, timezone'],
  ['a URL of another system', ['database_url', 'mysql://h/d'], 'PostgreSQL URL'],
  ['no value', ['as'], 'standard input'],
  ['an unknown time zone', ['timezone', 'Europe/Berlinn'], '"Europe/Berlinn"'],
  ['an empty value', ['as', ''], 'Missing: the value'],
  ['an owner with an invisible character', ['as', 'ali\u200bce'], 'ali\\u200bce'],
  ...['constructor', '__proto__', 'toString'].map((name): [string, string[], string] => [
    `what every object has: ${name}`,
    [name, 'x'],
    `Unknown setting "${name}"`,
  ]),
])('config set refuses %s', async (_what, words, complaint) => {
  using folder = temporaryDirectory();
  const env = { WEBMACS_CONFIG: join(folder.path, 'config.json') };
  const { code, stderr } = await webmacs(['config', 'set', ...words], { env });
  expect([code, stderr]).toEqual([2, expect.stringContaining(complaint)]);
});

test('config set notes a time zone whose name has the opposite sign', async () => {
  using folder = temporaryDirectory();
  const env = { WEBMACS_CONFIG: join(folder.path, 'config.json') };
  const { code, stderr } = await webmacs(['config', 'set', 'timezone', 'Etc/GMT-2'], { env });
  expect([code, stderr]).toEqual([0, expect.stringContaining('Etc/GMT-2 is UTC+2. For UTC-2, use -02:00.')]);
});

test('an invalid configuration file is named', async () => {
  using folder = temporaryDirectory();
  const WEBMACS_CONFIG = join(folder.path, 'config.json');
  writeFileSync(WEBMACS_CONFIG, '{ "database_url": ');
  const { code, stderr } = await webmacs(['users', 'list'], { env: { WEBMACS_CONFIG } });
  expect([code, stderr]).toEqual([2, expect.stringContaining(WEBMACS_CONFIG)]);
});

test.each(['constructor', '__proto__'])('a file with "%s" is refused', async (name) => {
  using folder = temporaryDirectory();
  const WEBMACS_CONFIG = join(folder.path, 'config.json');
  writeFileSync(WEBMACS_CONFIG, `{ "${name}": "x" }`);
  const { code, stderr } = await webmacs(['config', 'show'], { env: { WEBMACS_CONFIG } });
  expect([code, stderr]).toEqual([2, expect.stringContaining(`unknown setting "${name}"`)]);
});

describe('a configuration file', () => {
  const URL = 'postgresql://lab:s3cr3t@host/db';
  async function shown(mode: number, url: string | Buffer = URL): Promise<Run> {
    using folder = temporaryDirectory();
    const WEBMACS_CONFIG = join(folder.path, "it's.json");
    writeFileSync(
      WEBMACS_CONFIG,
      Buffer.concat([Buffer.from('\ufeff{"database_url":"'), Buffer.from(url), Buffer.from('"}')]),
    );
    chmodSync(WEBMACS_CONFIG, mode);
    return await webmacs(['config', 'show'], { env: { WEBMACS_CONFIG } });
  }

  test.each([0o666, 0o602])('that others may write is refused: mode %o', async (mode) => {
    const { code, stdout, stderr } = await shown(mode);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/is writable by other users.*chmod go-w '[^']*it'\\''s.json'$/ms);
    expect(stderr).not.toContain('s3cr3t');
  });

  test.each([
    [0o644, URL, 1],
    [0o604, 'postgresql://lab@host/db?password=s3cr3t', 1],
    [0o644, 'postgresql://lab@host/db', 0],
    [0o600, URL, 0],
  ])('of mode %o with %s: %d warnings', async (mode, url, warnings) => {
    const { code, stderr } = await shown(mode, url);
    expect([code, stderr.split('contains a password and is readable by other users').length - 1]).toEqual([
      0,
      warnings,
    ]);
    expect(stderr).not.toContain('s3cr3t');
  });

  test('that is not UTF-8 is refused, for its password would be another one', async () => {
    const { code, stderr } = await shown(0o600, Buffer.from('postgresql://lab:s\xe8cret@host/db', 'latin1'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('is not valid UTF-8')]);
  });
});

test('a relative XDG_CONFIG_HOME is ignored', async () => {
  const env = { WEBMACS_CONFIG: '', HOME: '/home/ada', XDG_CONFIG_HOME: 'xdg' };
  expect((await webmacs(['config', 'path'], { env })).stdout).toBe('/home/ada/.config/webmacs/config.json\n');
});

test('config path prints the path of the file', async () => {
  const { stdout } = await webmacs(['config', 'path'], { env: { WEBMACS_CONFIG: '', XDG_CONFIG_HOME: '/xdg' } });
  expect(stdout).toBe('/xdg/webmacs/config.json\n');
});

test('a configuration file that is a symbolic link stays one', async () => {
  using folder = temporaryDirectory();
  const dotfiles = join(folder.path, 'dotfiles');
  mkdirSync(dotfiles);
  const WEBMACS_CONFIG = join(folder.path, 'config.json');
  symlinkSync(join(dotfiles, 'webmacs.json'), WEBMACS_CONFIG);
  const { code } = await webmacs(['config', 'set', 'as', 'alice'], { env: { WEBMACS_CONFIG } });
  expect(code).toBe(0);
  expect(lstatSync(WEBMACS_CONFIG).isSymbolicLink()).toBe(true);
  expect(readdirSync(dotfiles)).toEqual(['webmacs.json']);
  expect(JSON.parse(readFileSync(join(dotfiles, 'webmacs.json'), 'utf8'))).toEqual({ as: 'alice' });
  expect(await originOf({ WEBMACS_CONFIG, DATABASE_URL: 'postgresql://u@h/d' })).toEqual([
    'postgresql://u@h:5432/d',
    'DATABASE_URL',
  ]);
});

test('a folder that every user can write to is refused', async () => {
  using folder = temporaryDirectory();
  chmodSync(folder.path, 0o777);
  const env = { WEBMACS_CONFIG: join(folder.path, 'config.json') };
  const { code, stderr } = await webmacs(['config', 'set', 'as', 'alice'], { env });
  expect([code, stderr]).toEqual([2, expect.stringMatching(/is writable by other users.*chmod go-w/s)]);
  expect(readdirSync(folder.path)).toEqual([]);
});

test('a device is not replaced', async () => {
  const { code, stderr } = await webmacs(['config', 'set', 'as', 'alice'], { env: { WEBMACS_CONFIG: '/dev/full' } });
  expect([code, stderr]).toEqual([2, expect.stringContaining('/dev/full')]);
  expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
});

test('a named pipe is read from its writer, and refused without one', async () => {
  using folder = temporaryDirectory();
  const env = { WEBMACS_CONFIG: join(folder.path, 'pipe') };
  execFileSync('mkfifo', [env.WEBMACS_CONFIG]);
  const writer = spawn('sh', ['-c', 'echo \'{"as": "alice"}\' > "$0"', env.WEBMACS_CONFIG]);
  const [first] = await Promise.all([webmacs(['config', 'show', '--json'], { env }), once(writer, 'close')]);
  expect(first.stdout).toContain('"alice"');
  const { code, stderr } = await webmacs(['config', 'show'], { env });
  expect([code, stderr]).toEqual([2, expect.stringContaining('is a pipe to which nobody writes')]);
});
