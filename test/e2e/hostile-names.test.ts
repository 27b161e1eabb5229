import { afterAll, expect, test } from 'vitest';
import { anEvent, anExperiment, aSite, aUser, datapoints } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

/** A name that sets the title of the terminal, clears it, changes the direction, and contains what cannot be seen. */
const HOSTILE = 'a\u001b]0;title\u0007\u009b2J\u202eb\u200b\u{e0041}\u007f';
const ESCAPED = /a(\\x1b|\\u001b)\]0;title/;
const RAW = /[^\P{Cc}\n]|[\u200b\u202e\u{e0041}]/u;

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const env = { DATABASE_URL: site.url, NO_COLOR: '1' };
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
const event = await anEvent(site, { name: HOSTILE, owner });
const experiment = await anExperiment(site, { name: HOSTILE, owner });
await datapoints(site, 1, { event: event.publicId, experiment: experiment.publicId });

test.each([
  ['a table', 'events list --format table', 0],
  ['CSV', 'events list --format csv', 0],
  ['JSON', 'events list --format json', 0],
  ['NDJSON', 'events list --format ndjson', 0],
  ['one row', `events show ${event.publicId}`, 0],
  ['a message', `events update ${event.publicId} --max 7`, 0],
  ['an export', `experiments export ${experiment.publicId} -o - --quiet`, 0],
  ['an error', `users show ${HOSTILE}`, 3],
  ['an error as JSON', `users show ${HOSTILE} --json`, 3],
  ['the name of a file', `experiments export ${experiment.publicId} -o /dev/null/${HOSTILE}/x.csv`, 2],
])('on a terminal %s escapes what acts on it', async (_what, line, exitCode) => {
  const { code, output } = await onTerminal(line, env);
  expect([code, output]).toEqual([exitCode, expect.stringMatching(ESCAPED)]);
  expect(output).not.toMatch(RAW);
});

test('a question and its choices escape names', async () => {
  const asked = await onTerminal(`events delete ${event.publicId}`, env, [['Delete', 'n\r']]);
  const searched = await onTerminal('rules create Hot --as root', env, [['Event to watch', '\u0003']]);
  for (const { output } of [asked, searched]) {
    expect(output).toMatch(ESCAPED);
    expect(output).not.toMatch(/\u001b\]|[\u0007\u009b\u200b\u202e\u{e0041}]/u);
  }
});

test('in a pipe CSV has the bytes of the data', async () => {
  for (const line of ['events list --format csv', `experiments export ${experiment.publicId} -o -`]) {
    expect((await site.run(line)).stdout).toContain(`,${HOSTILE}`);
  }
});
