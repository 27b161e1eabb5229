import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { aDeclaredSite, env, USER } from './declared-site.ts';

const { site, run } = await aDeclaredSite();
const folder = temporaryDirectory();
afterAll(() => folder[Symbol.dispose]());

test('dump --into changes only the lines of a file that differ', async () => {
  const path = join(folder.path, 'into.yaml');
  const text = [
    '# The rig',
    `${USER}events: # all of them`,
    '  A: {unit: C, min_value: 0,   max_value: 1, event_type: sensor}  # first',
    '  # two',
    '  B:',
    `    unit: 'C'`,
    '    min_value: 0 # low',
    '    max_value: 2.0',
    '    event_type: sensor',
    '',
  ].join('\n');
  writeFileSync(path, text);
  expect((await site.run(['dump', '--into', path], { env })).stderr).toBe('No changes.\n');
  await site.pool.query(`update events set unit = 'K', min_value = -1 where name = 'B'`);
  await site.run('events create G --unit m --min 0 --max 9 --type range -q');
  expect((await site.run(['dump', '--into', path], { env })).code).toBe(0);
  expect(readFileSync(path, 'utf8')).toBe(
    `${text.replace(`unit: 'C'`, 'unit: K').replace('min_value: 0 #', 'min_value: -1 #')}  G:\n    unit: m\n    min_value: 0\n    max_value: 9\n    event_type: range\n    owner: alice\n`,
  );
  expect((await run('diff', readFileSync(path, 'utf8'), '--prune')).code).toBe(0);
});

test('dump escapes what would act on a terminal, and what nobody sees', async () => {
  const name = 'a\u009b31m\u202e\u2028\u200bx\u{e0041}';
  await site.pool.query(`update events set name = $1 where name = 'A'`, [name]);
  const { stdout: dump } = await site.run('dump');
  expect(dump).toContain('  "a\\u009b31m\\u202e\\u2028\\u200bx\\udb40\\udc41":\n    unit: C\n');
  expect(await run('diff', dump, '--prune')).toMatchObject({ code: 0, stderr: 'No changes.\n' });
});

describe('dump --into', () => {
  const path = join(folder.path, 'braces.yaml');
  const into = async (text: string, ...words: string[]) => {
    writeFileSync(path, text);
    const { code, stderr } = await site.run(['dump', '--into', path, ...words], { env });
    return { code, stderr, text: readFileSync(path, 'utf8') };
  };
  const fields = 'min_value: 0, max_value: 1, event_type: sensor';

  test('keeps comments in braces from which rows go, and to which rows come', async () => {
    await site.run('events create G --unit m --min 0 --max 1 --type sensor -q');
    const text = `owner: alice\nevents: {\n  # gone\n  X: {unit: C, ${fields}}, # of X\n  A: {unit: C, # C\n    ${fields}}, # of A\n  Y: {unit: C, ${fields}}\n}\n`;
    const { code, text: after } = await into(text);
    expect(code).toBe(0);
    expect(after).toBe(
      `owner: alice\nevents: {\n  # gone\n   # of X\n  A: {unit: C, # C\n    ${fields}}, B: { unit: C, min_value: 0, max_value: 2, event_type: sensor }, G: { unit: m, ${fields} }, # of A\n  \n}\n`,
    );
    expect((await run('diff', after, '--prune')).stderr).toBe('No changes.\n');
  });

  test('stops where a comment would be lost', async () => {
    const { code, stderr, text } = await into('webhooks: { # ours\n  https://x.org/1: {events: [sensor.reading]}}\n');
    expect([code, stderr]).toEqual([1, expect.stringContaining('A comment would be lost')]);
    expect(text).toContain('# ours');
  });

  test('keeps JSON, and the line ends of Windows', async () => {
    const { text: json } = await into(
      '{"owner": "alice", "events": {"A": {"unit": "X"}}}'.replace(
        '"X"',
        `"X", "min_value": 0, "max_value": 1, "event_type": "sensor"`,
      ),
    );
    expect(Object.keys(JSON.parse(json).events)).toEqual(['A', 'B']);
    const { text: windows } = await into(`owner: alice\r\nevents:\r\n  A: {unit: C, ${fields}}\r\n`);
    expect(windows.split('\n').filter((line) => !line.endsWith('\r'))).toEqual(['']);
    expect(windows).toContain('  B:\r\n    unit: C\r\n');
  });

  test('takes variables from --set, which a whole dump has not', async () => {
    const text = `owner: alice\nevents:\n  A: {unit: "\${UNIT}", ${fields}}\n`;
    expect(await into(text, '--set', 'UNIT=C')).toMatchObject({ code: 0, text: expect.stringContaining(`"\${UNIT}"`) });
    expect((await site.run(['dump', '--set', 'UNIT=C'])).code).toBe(2);
  });
});
