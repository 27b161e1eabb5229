import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Command } from '../../src/cli/command.ts';
import { Session } from '../../src/cli/session.ts';
import { processStreams } from '../../src/cli/streams.ts';
import { NOUNS } from '../../src/commands/index.ts';
import { aBundle } from '../firmware/bundle.ts';
import { wheelIn } from '../plugins/wheel.ts';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { freePort, type Run, temporaryDirectory, webmacs } from '../support/program.ts';
import { aReceiver } from '../support/receiver.ts';
import { COMMANDS, ELSEWHERE } from './quiet-commands.ts';

cheapHashes();

/** A cron job's surroundings: a server that requires a password, the password in ~/.pgpass, and every output in a pipe. */
const folder = temporaryDirectory();
const WEBMACS_DATA_DIR = join(folder.path, 'data');
const port = await freePort();
const receiver = await aReceiver();
const server = { WEBMACS_DATA_DIR };
const urlOf = (database: string) => `postgresql://webmacs@127.0.0.1:${port}/${database}`;
const env = (database: string) => ({
  DATABASE_URL: urlOf(database),
  HOME: folder.path,
  XDG_DATA_HOME: folder.path,
  WEBMACS_CONFIG: join(folder.path, 'config.json'),
  WEBMACS_PLUGIN_DIR: join(folder.path, 'plugins'),
  WEBMACS_TIMEZONE: 'UTC',
});
let pool: pg.Pool;
/** What Node.js would print itself, such as that something is deprecated. */
const warnings: string[] = [];
const onWarning = ({ message }: Error) => void warnings.push(message);
const before = process.cwd();

beforeAll(async () => {
  process.on('warning', onWarning);
  process.chdir(folder.path);
  // For root the server runs under another account, which must get through.
  chmodSync(folder.path, 0o711);
  expect(await quiet(['db', 'start', '--port', String(port)], server)).toEqual(silent);
  const connectionString = (await webmacs(['db', 'url', '--show-password'], { env: server })).stdout.trim();
  const { password } = new URL(connectionString);
  writeFileSync(join(folder.path, '.pgpass'), `127.0.0.1:${port}:*:webmacs:${password}\n`, { mode: 0o600 });
  pool = new pg.Pool({ connectionString });
  for (const name of ['plugins', 'migrations']) {
    mkdirSync(join(folder.path, name));
  }
  writeFileSync(join(folder.path, 'notes.txt'), 'Faster.\n');
  writeFileSync(
    join(folder.path, 'server.env'),
    `DATABASE_URL=${urlOf('roles').replace(':', '+asyncpg:')}\nSECRET_KEY=${'k'.repeat(40)}\nINITIAL_ADMIN_PASSWORD=correct horse\n`,
  );
  for (const name of ['roles', 'copy', 'restored', 'scratch']) {
    await pool.query(`create database ${name}`);
  }
}, 180_000);

afterAll(async () => {
  process.off('warning', onWarning);
  process.chdir(before);
  await pool?.end();
  await receiver[Symbol.asyncDispose]();
  await webmacs(['db', 'stop', '--force'], { env: server });
  folder[Symbol.dispose]();
}, 180_000);

const silent = { code: 0, stderr: '' };

async function quiet(words: string[], variables: Record<string, string>, input = ''): Promise<Omit<Run, 'stdout'>> {
  const { code, stderr } = await webmacs([...words, '--quiet'], { env: variables, input });
  return { code, stderr: stderr + warnings.splice(0).join('\n') };
}

/** The id of the first import, from the name of its record. */
function importId(): string {
  const records = join(folder.path, 'webmacs', 'imports');
  return existsSync(records) ? basename(readdirSync(records)[0] ?? '', '.json') : '';
}

test('no command says anything on stderr when all is well', async () => {
  const wheel = wheelIn(folder.path, { name: 'demo', version: '1.0' });
  const bundle = join(folder.path, 'bundle.tar.gz');
  writeFileSync(bundle, aBundle());
  const said: unknown[] = [];
  for (const [line, { input = '', database = 'webmacs', table, id = 'public_id' } = {}] of COMMANDS) {
    const row = table ? String((await pool.query(`select ${id} as id from ${table}`)).rows[0]?.id) : '';
    const values: Record<string, string> = {
      ID: row,
      WHEEL: wheel,
      BUNDLE: bundle,
      IMPORT: importId(),
      SOURCE: urlOf('webmacs'),
      RECEIVER: receiver.url,
      SITE: join(folder.path, 'site.yaml'),
      STARTER: join(folder.path, 'starter.yaml'),
    };
    const words = line.split(' ').map((word) => values[word] ?? word);
    const variables = database === 'embedded' ? server : env(database);
    const run = await quiet(words, variables, input);
    if (run.code !== 0 || run.stderr !== '') {
      said.push({ line, ...run });
    }
  }
  expect(said).toEqual([]);
  expect(readdirSync(folder.path)).toContain('run.csv');
}, 600_000);

test('every command is among these', async () => {
  const session = new Session(processStreams(process), {}, new AbortController().signal);
  const leaves = (command: Command, words: string): string[] =>
    command.commands.length === 0
      ? [words]
      : command.commands.flatMap((verb) => leaves(verb, `${words} ${verb.name()}`));
  const all: string[] = [];
  for (const { name, load } of NOUNS) {
    const noun = new Command(name);
    (await load())(noun, session);
    all.push(...leaves(noun, name));
  }
  const run = COMMANDS.map(([line]) => `${line} `);
  const missing = all.filter(
    (words) => !ELSEWHERE.includes(words) && !run.some((line) => line.startsWith(`${words} `)),
  );
  expect(missing).toEqual([]);
});
