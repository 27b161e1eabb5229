import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { wordsFor } from '../../src/commands/datapoints/reading-options.ts';
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

test.each(LOGGERS)('the command that an inspection of a file of $name prints imports it exactly', async (form) => {
  const { bytes, readings } = fileOf(form, 40);
  const path = join(folder.path, 'logger.csv');
  writeFileSync(path, bytes);
  const inspected = await site.run(['datapoints', 'inspect', path, ...wordsFor(form.options ?? {})]);
  expect([inspected.code, inspected.stderr]).toEqual([0, '']);

  const command = inspected.stdout.trimEnd().split('\n').at(-1) ?? '';
  // As a shell splits it.
  const words = execFileSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
  const { code, stderr } = await site.run(words.slice(words.indexOf('datapoints')));

  expect([code, stderr]).toEqual([0, expect.any(String)]);
  const inOrder = readings.map(({ event, at, value }) => `${event} ${at} ${value}`).sort();
  expect((await instants(site)).sort()).toEqual(inOrder);
});
