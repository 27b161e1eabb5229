import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Run, type StartOptions, startedWebmacs, temporaryDirectory, webmacs } from '../support/program.ts';
import { anEvent, aSite, aUser, datapoints } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

/** A configuration file of its own, with the database as "lab". */
async function aFile() {
  const folder = temporaryDirectory();
  const WEBMACS_CONFIG = join(folder.path, 'config.json');
  const run = async (line: string, { env = {}, ...rest }: StartOptions = {}): Promise<Run> =>
    await webmacs(line.split(' '), { env: { WEBMACS_CONFIG, ...env }, ...rest });
  expect((await run('config connections add lab', { input: site.url })).code).toBe(0);
  return {
    ...{ run, path: WEBMACS_CONFIG, folder: folder.path },
    content: () => JSON.parse(readFileSync(WEBMACS_CONFIG, 'utf8')),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

const OTHER = 'postgresql://ada@other.lab.org/webmacs';

test('a connection is used by an option, by a variable, or from now on', async () => {
  using file = await aFile();
  const { username } = await aUser(site);
  const words = 'users list --format csv';
  const option = await file.run(`${words} --connection lab`);
  const variable = await file.run(words, { env: { WEBMACS_CONNECTION: 'lab' } });
  await file.run('config connections use lab');
  const used = await file.run(words);
  for (const { code, stdout } of [option, variable, used]) {
    expect([code, stdout]).toEqual([0, expect.stringContaining(username)]);
  }
});

test('a list shows no passwords, and which one is in use', async () => {
  using file = await aFile();
  await file.run('config connections add plant', { input: 'postgresql://ada:s3cr3t@plant.lab.org/webmacs\n' });
  await file.run('config connections use plant');
  const { stdout } = await file.run('config connections --json');
  expect(JSON.parse(stdout)).toEqual([
    { name: 'lab', database: expect.stringMatching(/^postgresql:/), in_use: false },
    { name: 'plant', database: 'postgresql://ada@plant.lab.org:5432/webmacs', in_use: true },
  ]);
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
  expect((await file.run('config show --origin')).stdout).toContain(`connection\tplant\t${file.path}\n`);
});

test('options prevail over variables, these over the file, and a connection over the URL of the file', async () => {
  using file = await aFile();
  await file.run(`config connections add other ${OTHER}`);
  const show = async (more: string, env: Record<string, string> = {}): Promise<string> =>
    JSON.parse((await file.run(`config show --json ${more}`.trim(), { env })).stdout)[0].value;
  const url = 'postgresql://ada@url.lab.org/webmacs';
  const other = 'postgresql://ada@other.lab.org:5432/webmacs';
  expect(await show('--connection other', { DATABASE_URL: url })).toBe(other);
  expect(await show(`--database-url ${url}`, { WEBMACS_CONNECTION: 'other' })).toContain('@url.lab.org');
  expect(await show('', { WEBMACS_CONNECTION: 'other', PGHOST: 'pg.lab.org' })).toBe(other);
  await file.run('config connections use other');
  expect(await show('', { DATABASE_URL: url })).toContain('@url.lab.org');
  expect(await show('', { PGHOST: 'pg.lab.org', PGUSER: 'ada' })).toContain('@pg.lab.org');
  const { stderr } = await file.run(`config set database_url ${url}`);
  expect(stderr).toContain('note: The database is still that of the connection "other".\n');
  expect(await show('')).toBe(other);
  await file.run('config unset connection');
  expect(await show('')).toContain('@url.lab.org');
});

test.each<[string, Record<string, string>, string]>([
  [`--connection lab --database-url ${OTHER}`, {}, '--connection and --database-url both choose the database.'],
  [
    '',
    { WEBMACS_CONNECTION: 'lab', DATABASE_URL: OTHER },
    'WEBMACS_CONNECTION and DATABASE_URL both choose the database.',
  ],
])('a connection and a URL given in the same way are refused: %s %j', async (words, env, message) => {
  using file = await aFile();
  const { code, stdout, stderr } = await file.run(`users list ${words}`.trim(), { env });
  expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)]);
});

test('"use" says what prevails over it', async () => {
  using file = await aFile();
  const { code, stderr } = await file.run('config connections use lab', { env: { DATABASE_URL: OTHER } });
  expect([code, stderr]).toEqual([0, expect.stringContaining('note: The database is still that of DATABASE_URL.\n')]);
});

test.each([
  ['--proto', 2],
  ['__proto__', 2],
  ['constructor', 3],
  ['LAB', 3],
  ['a b', 2],
  ['ali\u200bce', 2],
  ['\u3164', 2],
])('of hostile names like "%s" none is added or used', async (name, code) => {
  using file = await aFile();
  const env = { WEBMACS_CONFIG: file.path };
  const use = await webmacs(['config', 'connections', 'use', '--', name], { env });
  expect([use.code, use.stderr]).toEqual([3, expect.stringContaining('There is no connection')]);
  const add = await webmacs(['config', 'connections', 'add', '--', name, OTHER], { env });
  expect(add.code).toBe(code === 2 ? 2 : 0);
});

test('a connection is replaced only if asked to, and the same one again is no conflict', async () => {
  using file = await aFile();
  await file.run(`config connections add other ${OTHER}`);
  expect((await file.run(`config connections add other ${OTHER}`)).code).toBe(0);
  const changed = `config connections add other ${OTHER}2`;
  const { code, stderr } = await file.run(changed);
  expect([code, stderr]).toEqual([4, expect.stringContaining('--or-update')]);
  expect((await file.run(`${changed} --or-update`)).code).toBe(0);
  expect(file.content().connections.other).toBe(`${OTHER}2`);
});

test.each([
  ['config connections add x mysql://h/d', 2, 'PostgreSQL URL'],
  ['config connections add x postgresql://ada:s3cr3t@h/d', 2, 'webmacs config connections add NAME < url.txt'],
  ['config connections remove nobody', 3, 'There is no connection "nobody"'],
  ['config set connection nobody', 3, 'There is no connection "nobody"'],
  ['users list --connection nobody', 3, 'There is no connection "nobody"'],
  ['config unset colour', 2, 'Unknown setting "colour"'],
])('%s is refused', async (line, code, complaint) => {
  using file = await aFile();
  const before = file.content();
  const run = await file.run(line);
  expect([run.code, run.stderr]).toEqual([code, expect.stringContaining(complaint)]);
  expect(run.stderr).not.toContain('s3cr3t');
  expect(file.content()).toEqual(before);
});

test('a connection in use is not removed: another database would be used', async () => {
  using file = await aFile();
  await file.run('config connections use lab');
  const refused = await file.run('config connections remove lab');
  expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('webmacs config unset connection')]);
  await file.run('config unset connection');
  expect((await file.run('config connections remove lab')).code).toBe(0);
  expect(file.content()).toEqual({ connections: {} });
});

test('of many processes that write at once, none loses what another one wrote', async () => {
  using file = await aFile();
  const names = ['a', 'b', 'c', 'd', 'e'];
  const runs = names.map(async (name) =>
    startedWebmacs(['config', 'connections', 'add', name, OTHER], { env: { WEBMACS_CONFIG: file.path } }),
  );
  expect((await Promise.all(runs)).map(({ code }) => code)).toEqual(names.map(() => 0));
  expect(Object.keys(file.content().connections).sort()).toEqual([...names, 'lab']);
  expect(readdirSync(file.folder)).toEqual(['config.json']);
});

test('the lock of a process that was killed does not block', async () => {
  using file = await aFile();
  symlinkSync('4194305', `${file.path}.lock`);
  expect((await file.run('config connections use lab')).code).toBe(0);
  expect(readdirSync(file.folder)).toEqual(['config.json']);
});

test('a connection with a password in a file that others can read has a warning', async () => {
  using file = await aFile();
  writeFileSync(file.path, '{"connections": {"plant": "postgresql://ada:s3cr3t@h/d"}}');
  chmodSync(file.path, 0o644);
  const { code, stderr } = await file.run('config connections list');
  expect([code, stderr]).toEqual([0, expect.stringMatching(/contains a password and is readable by other users/)]);
});

test.each(['{"connections": []}', '{"connections": {"a b": "x"}}', '{"connections": {"a": 1}}'])(
  'a file with %s is refused',
  async (text) => {
    using file = await aFile();
    writeFileSync(file.path, text);
    const { code, stderr } = await file.run('config show');
    expect([code, stderr]).toEqual([2, expect.stringContaining('are not URLs with valid names')]);
  },
);

test('the connection is shown before rows are deleted, with --yes too, unless the output is for a program', async () => {
  using file = await aFile();
  const announced = expect.stringMatching(/^Connection "lab": postgresql:.*\n[\s\S]*deleted/);
  const { username: first } = await aUser(site);
  const { stderr } = await file.run(`users delete ${first} --yes --connection lab`);
  expect(stderr).toEqual(announced);
  const { username: second } = await aUser(site);
  const env = { WEBMACS_CONFIG: file.path, WEBMACS_CONNECTION: 'lab', NO_COLOR: '1' };
  const { code, output } = await onTerminal(`users delete ${second}`, env, [['Delete user', 'y\r']]);
  expect([code, output]).toEqual([0, announced]);
  const { username: third } = await aUser(site);
  expect((await file.run(`users delete ${third} --yes --connection lab --quiet`)).stderr).toBe('');
  await datapoints(site, 3, { event: (await anEvent(site)).publicId });
  const archive = `datapoints archive --older-than 1d --drop -o ${join(file.folder, 'archive')} --connection lab`;
  expect((await file.run(archive)).stderr).toMatch(/Connection "lab": postgresql:.*\n[\s\S]*3 datapoints deleted/);
});

test('nothing is written into a folder of other users', async () => {
  using file = await aFile();
  const before = file.content();
  chmodSync(file.folder, 0o777);
  const { code, stderr } = await file.run(`config connections add x ${OTHER}`);
  expect([code, stderr]).toEqual([2, expect.stringContaining('is writable by other users')]);
  expect([readdirSync(file.folder), file.content()]).toEqual([['config.json'], before]);
});

test('the connection is shown before the first question', async () => {
  using file = await aFile();
  const env = {
    WEBMACS_CONFIG: file.path,
    WEBMACS_CONNECTION: 'lab',
    NO_COLOR: '1',
    WEBMACS_PASSWORD: 'correct horse',
  };
  const { code, output } = await onTerminal('users create zoe', env, [
    ['E-mail address', 'zoe@lab.org\r'],
    ['Create user "zoe"?', '\r'],
  ]);
  expect([code, output]).toEqual([0, expect.stringMatching(/^Connection "lab": postgresql:.*\n[^\n]*E-mail address/)]);
  expect(output.match(/Connection/g)).toHaveLength(1);
});

test('names of connections are completed', async () => {
  using file = await aFile();
  for (const words of [
    ['users', 'list', '--connection', ''],
    ['config', 'connections', 'use', ''],
  ]) {
    const { stdout } = await webmacs(['__complete', 'zsh', ...words], { env: { WEBMACS_CONFIG: file.path } });
    expect(stdout).toContain('lab');
  }
});
