import stringWidth from 'string-width';
import { afterAll, expect, test } from 'vitest';
import { anEvent, aSite, aUser } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

/** What a person reads, on a terminal of 100 columns; that a terminal of the system looks the same is in `output.test.ts`. */
const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
const env = { DATABASE_URL: site.url, NO_COLOR: '1' };
const LONG = '炉内'.repeat(60);
await anEvent(site, { name: LONG, owner });

const shown = async (line: string) => {
  const { code, output } = await onTerminal(line, env);
  expect(code).toBe(0);
  return output.split('\n').slice(0, -1);
};

test('a table is as wide as the terminal at most: the widest column is truncated, the others are not', async () => {
  const [heads = '', row = ''] = await shown('events list');
  expect([stringWidth(heads), stringWidth(row)].every((width) => width <= 100)).toBe(true);
  expect(row).toMatch(/^(炉内)+炉?… {2,3}°C/);
  expect(heads).toMatch(/^NAME +UNIT/);
});

test('one row is a line per column, with the values in one column and untruncated', async () => {
  const lines = await shown('users show root');
  const columns = lines.map((line) => /^\w+(?: \w+)* {2,}/.exec(line)?.[0].length);
  expect(new Set(columns).size).toBe(1);
  expect(lines).toContainEqual(expect.stringMatching(/^username +root$/));
  expect(await shown(`events show ${LONG}`)).toContainEqual(expect.stringMatching(new RegExp(`^name +${LONG}$`)));
});

test.each(['csv', 'ndjson'])('a list as %s is the same on a terminal and in a pipe', async (format) => {
  const line = `events list --format ${format}`;
  expect(`${(await shown(line)).join('\n')}\n`).toBe((await site.run(line)).stdout);
});

test('an empty list as CSV is its header alone, as NDJSON nothing, as JSON an empty array', async () => {
  const outputs = await Promise.all(
    ['csv', 'ndjson', 'json'].map(async (format) => (await site.run(`rules list --format ${format}`)).stdout),
  );
  expect(outputs).toEqual([expect.stringMatching(/^id,public_id,name,[\w,]+\n$/), '', '[]\n']);
});
