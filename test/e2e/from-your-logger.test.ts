import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { fileOf } from '../ingest/loggers/logger-file.ts';
import { LOGGED_EVENTS, LOGGERS } from '../ingest/loggers/loggers.ts';
import { instants } from '../ingest/recording.ts';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, aSite } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
for (const name of LOGGED_EVENTS) {
  await anEvent(site, { name });
}
const folder = temporaryDirectory();
afterAll(() => folder[Symbol.dispose]());
beforeEach(() => site.pool.query('truncate datapoints'));

const page = readFileSync(new URL('../../docs/from-your-logger.md', import.meta.url), 'utf8');
const commands = new Map(
  [...page.matchAll(/^\| (.*) \| `webmacs (.*)` \|$/gm)].map(([, name, words]) => [name, words]),
);

test('the page has a command for each logger', () => {
  expect([...commands.keys()]).toEqual(LOGGERS.map(({ name }) => name));
});

test.each(LOGGERS)('the command for $name imports its file exactly', async (form) => {
  const { bytes, readings } = fileOf(form, 12);
  const words = [...(commands.get(form.name) ?? '').matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
  const path = join(folder.path, words[2] ?? '');
  writeFileSync(path, bytes);
  const { code, stderr } = await site.run(words.with(2, path));
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  const inOrder = readings.map(({ event, at, value }) => `${event} ${at} ${value}`).sort();
  expect((await instants(site)).sort()).toEqual(inOrder);
});
