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

/** Every command in an order in which each has something to do: `ID` stands for the only row of a table. */
const COMMANDS: [line: string, more?: { input?: string; database?: string; table?: string; id?: string }][] = [
  ['db migrate'],
  ['db status'],
  ['db check'],
  ['db generate --name nothing'],
  ['db info'],
  ['db maintain'],
  ['db storage status'],
  ['db storage partition'],
  ['db storage extend'],
  ['db storage split'],
  ['db storage plain'],
  ['db storage widen'],
  ['db url', { database: 'embedded' }],
  ['version'],
  ['status'],
  ['config path'],
  ['config show'],
  ['config set timezone UTC'],
  ['config set as ada'],
  ['config unset as'],
  ['config connections add lab postgresql://ada@lab.org/webmacs'],
  ['config connections use lab'],
  ['config connections list'],
  ['config unset connection'],
  ['config connections remove lab'],
  ['users create ada --email ada@lab.org --admin --password-stdin', { input: 'correct horse battery\n' }],
  ['users list'],
  ['users show ada'],
  ['users update ada --email ada@new.org'],
  ['users passwd ada --password-stdin', { input: 'correct horse battery staple\n' }],
  ['events create Bed --unit K --min 0 --max 9 --type sensor'],
  ['events list'],
  ['events show Bed'],
  ['events update Bed --max 10'],
  ['experiments create Past --started-on 2026-01-01 --stopped-on 2026-01-02'],
  ['experiments start Run'],
  ['experiments list'],
  ['experiments show Run'],
  ['experiments rename Run Again'],
  ['experiments update Again --owner ada'],
  ['experiments stop Again'],
  ['datapoints import -', { input: 'timestamp,event,value\n2026-01-01T00:00:00Z,Bed,1.5\n' }],
  ['datapoints inspect -', { input: 'timestamp,event,value\n2026-01-01T00:00:00Z,Bed,1.5\n' }],
  ['datapoints inspect - --save-profile lab', { input: 'timestamp,event,value\n2026-01-01T00:00:00Z,Bed,1.5\n' }],
  ['datapoints profiles list'],
  ['datapoints profiles show lab'],
  ['datapoints profiles delete lab --yes'],
  ['datapoints imports list'],
  ['datapoints imports show IMPORT'],
  ['datapoints imports undo IMPORT --yes'],
  ['datapoints import -', { input: 'timestamp,event,value\n2026-01-01T00:00:00Z,Bed,1.5\n' }],
  ['datapoints assign --experiment Again --event Bed --yes'],
  ['datapoints list'],
  ['datapoints show ID', { table: 'datapoints' }],
  ['datapoints update ID --value 2 --experiment Again', { table: 'datapoints' }],
  ['datapoints latest'],
  ['datapoints stats'],
  ['datapoints archive --older-than 1d -o archive'],
  ['datapoints restore archive --on-duplicate skip'],
  ['datapoints plot'],
  ...['environment', 'exit-codes', 'formats', 'time', 'names'].map((topic): [string] => [`help ${topic}`]),
  ['completion bash'],
  ['man'],
  ['experiments export Again -o run.csv'],
  ['experiments plot Again'],
  ['experiments report Again -o run.html'],
  ['experiments compare Again Again'],
  ['experiments verify run.csv'],
  ['experiments summary Again'],
  ['datapoints export -o all.csv'],
  ['dashboards create Board'],
  ['dashboards widgets add Board --type gauge --title Bed --event Bed'],
  ['dashboards render Board -o board.html'],
  ['dashboards delete Board --yes'],
  ['rules create Hot --event Bed --when gt --threshold 5 --action log'],
  ['rules list'],
  ['rules show Hot'],
  ['rules update Hot --threshold 6'],
  ['rules disable Hot'],
  ['rules enable Hot'],
  ['rules test Hot --value 9'],
  ['rules delete Hot --yes'],
  ['datapoints delete ID --yes', { table: 'datapoints' }],
  ['datapoints prune --older-than 90d'],
  ['dashboards create Rig'],
  ['dashboards list'],
  ['dashboards show Rig'],
  ['dashboards update Rig --global'],
  ['dashboards widgets add Rig --type gauge --title Heat'],
  ['dashboards widgets list Rig'],
  ['dashboards widgets show Rig Heat'],
  ['dashboards widgets update Rig Heat --w 6'],
  ['dashboards widgets remove Rig Heat --yes'],
  ['dashboards delete Rig --yes'],
  ['firmware inspect BUNDLE'],
  ['firmware register 2.0.0'],
  ['firmware list'],
  ['firmware show 2.0.0'],
  ['firmware update 2.0.0 --notes-file notes.txt'],
  ['firmware status 2.0.0 downloading'],
  ['firmware status 2.0.0 failed --error none'],
  ['firmware delete 2.0.0 --yes'],
  [`webhooks create ${receiver.url} --type sensor.reading`],
  ['webhooks list'],
  [`webhooks show ${receiver.url}`],
  [`webhooks update ${receiver.url} --type sensor.reading`],
  [`webhooks disable ${receiver.url}`],
  [`webhooks enable ${receiver.url}`],
  [`webhooks secret ${receiver.url} --secret-stdin`, { input: 'a secret of sixteen characters\n' }],
  [`webhooks test ${receiver.url}`],
  ['webhooks deliveries list'],
  ['webhooks deliveries show ID', { table: 'webhook_deliveries' }],
  ['webhooks redeliver ID', { table: 'webhook_deliveries' }],
  ['webhooks deliveries delete ID --yes', { table: 'webhook_deliveries' }],
  ['webhooks deliveries prune --older-than 1d'],
  [`webhooks delete ${receiver.url} --yes`],
  ['plugins inspect WHEEL'],
  ['plugins install WHEEL --no-pip'],
  ['plugins verify'],
  ['plugins packages list'],
  ['plugins packages show demo'],
  ['plugins packages update demo --owner ada'],
  ['plugins instances create Box --plugin demo'],
  ['plugins instances list'],
  ['plugins instances show Box'],
  ['plugins instances update Box --demo'],
  ['plugins instances disable Box'],
  ['plugins instances enable Box'],
  ['plugins channels map Box AI0 --event Bed --direction input'],
  ['plugins channels list'],
  ['plugins channels show Box AI0'],
  ['plugins channels unmap Box AI0 --yes'],
  ['plugins instances delete Box --yes'],
  ['plugins uninstall demo --no-pip --yes'],
  ['logs add Cleaned'],
  ['logs list'],
  ['logs tail'],
  ['logs show ID', { table: 'log_entries' }],
  ['logs read --all'],
  ['logs delete ID --yes', { table: 'log_entries' }],
  ['logs prune --older-than 90d'],
  ['tokens revoke --token-stdin', { input: 'no-jwt\n' }],
  ['tokens list'],
  ['tokens show ID', { table: 'blacklist_tokens', id: 'id' }],
  ['tokens update ID --blacklisted-on 2026-01-01', { table: 'blacklist_tokens', id: 'id' }],
  ['tokens delete ID --yes --force', { table: 'blacklist_tokens', id: 'id' }],
  ['tokens prune'],
  ['dump -o SITE --force'],
  ['validate -f SITE'],
  ['diff -f SITE'],
  ['apply -f SITE'],
  ['init STARTER'],
  ['schema'],
  ['experiments delete Again --yes'],
  ['events delete Bed --yes'],
  ['db migrate', { database: 'copy' }],
  ['migrate-from --source SOURCE', { database: 'copy' }],
  ['users delete ada --yes --force', { database: 'copy' }],
  ['db backup -o all.tar.zst'],
  ['db backup verify all.tar.zst'],
  ['db backup list'],
  ['db restore all.tar.zst', { database: 'restored' }],
  ['db migrate --layout server-roles', { database: 'roles' }],
  ['users create bob --email bob@lab.org --password-stdin', { input: 'correct horse battery\n', database: 'roles' }],
  ['users link-sso bob --provider lab --subject 1', { database: 'roles' }],
  ['users unlink-sso bob', { database: 'roles' }],
  ['doctor server.env', { database: 'roles' }],
  ['tokens api create reader --as bob --json', { database: 'roles' }],
  ['tokens api list', { database: 'roles' }],
  ['tokens api revoke reader --yes', { database: 'roles' }],
  ['db migrate', { database: 'scratch' }],
  ['db rollback --yes', { database: 'scratch' }],
  ['db stamp initial', { database: 'scratch' }],
];

/** What shows a new password on stderr, does not end, has no connection to a server of its own, or needs an extension there. */
const ELSEWHERE = [
  'demo',
  'datapoints watch',
  'webhooks listen',
  'webhooks verify',
  'db start',
  'db stop',
  'db storage timescale',
  'db storage citus',
];

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
