import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, promisify } from 'node:util';
import { afterAll, expect, test, vi } from 'vitest';
import * as library from '../src/index.ts';
import { freshDatabase, openDatabase } from './support/database.ts';
import { allExamples, type Example, moduleOf, patternOf } from './support/examples.ts';
import { aReceiver } from './support/receiver.ts';
import { anEvent, anExperiment, aUser, datapoints, insertRow, logEntries } from './support/site.ts';
import { aWebhook } from './support/webhook.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXAMPLES = allExamples();

const folder = mkdtempSync(join(tmpdir(), 'webmacs-examples-'));
const before = process.cwd();
process.chdir(folder);
writeFileSync(
  'readings.csv',
  'timestamp,event,value\n2026-02-01T00:00:00Z,Bed temperature,20.5\n2026-02-01T00:00:01Z,Air flow,1.5\n',
);
const fileOf = (example: Example) => join(folder, `${example.name.replaceAll(/\W/g, '-')}.ts`);
for (const example of EXAMPLES) {
  writeFileSync(fileOf(example), moduleOf(example));
}
afterAll(() => {
  process.chdir(before);
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** What every example finds. */
async function aLaboratory(hook: string) {
  const database = await freshDatabase();
  const { publicId: owner } = await aUser(database, { username: 'ada', admin: true });
  const air = await anEvent(database, { name: 'Air flow', unit: 'l/min', owner });
  await anEvent(database, { name: 'Bed temperature', owner });
  const run = await anExperiment(database, { name: 'Run 7', owner });
  await datapoints(database, 5, { event: air.publicId, experiment: run.publicId });
  await logEntries(database, 2, { owner, daysAgo: 100 });
  await logEntries(database, 1, { owner });
  await insertRow(database, 'blacklist_tokens', { token: 'an old one', blacklisted_on: '2020-01-01' });
  await insertRow(database, 'blacklist_tokens', { token: 'a new one' });
  await aWebhook(database, { url: hook, secret: 'a secret', owner });
  return database;
}

test('every exported function has an example', () => {
  const classes = (value: unknown) => /^class\b/.test(String(value));
  const functions = Object.entries(library).filter(([, value]) => typeof value === 'function' && !classes(value));
  const without = functions.filter(([name]) => !EXAMPLES.some((example) => example.name.startsWith(`${name} `)));
  expect(functions.length).toBeGreaterThan(15);
  expect(without.map(([name]) => name)).toEqual([]);
});

test('the examples compile', async () => {
  const configuration = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      rewriteRelativeImportExtensions: false,
      typeRoots: [join(ROOT, 'node_modules', '@types')],
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    include: [folder],
  };
  writeFileSync('package.json', '{ "type": "module" }');
  writeFileSync('tsconfig.json', JSON.stringify(configuration));
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch((error) => error);
  expect(stdout).toBe('');
});

test.each(EXAMPLES)('$name prints what it says', async (example) => {
  await using receiver = await aReceiver();
  await using laboratory = await aLaboratory(receiver.url);
  await using database = await openDatabase(laboratory);
  vi.stubEnv('DATABASE_URL', laboratory.url);
  const printed: string[] = [];
  const { run } = await import(fileOf(example));
  await run(database, { log: (...values: unknown[]) => printed.push(format(...values)) });
  expect(example.printed).not.toBe('');
  expect(printed.join('\n')).toMatch(patternOf(example.printed));
});
