import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite, aUser, datapoints } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const folder = temporaryDirectory();
const file = (name: string) => join(folder.path, name);

const HOSTILE = `</text><script>alert("1 & 2")</script>\u001b[2J\u202e]]>'`;

beforeAll(async () => {
  await aUser(site, { username: 'root', admin: true });
  const { publicId: experiment } = await anExperiment(site, { name: HOSTILE });
  for (const [name, unit] of [
    [HOSTILE, '<°&C>'],
    ['Flow', '<°&C>'],
    ['Pressure', 'mbar'],
  ] as const) {
    const { publicId: event } = await anEvent(site, { name, unit });
    await datapoints(site, 500, { event, experiment });
  }
  const rule = [
    'rules',
    'create',
    `<b>"Low"`,
    '--event',
    'Flow',
    '--when',
    'lt',
    '--threshold',
    '5',
    '--action',
    'log',
  ];
  expect((await site.run(rule)).code).toBe(0);
});

/** Returns the texts of a well-formed document, and throws for any other. */
function textsOf(xml: string): string[] {
  const open: string[] = [];
  const texts: string[] = [];
  const tokens = xml.matchAll(/<\?xml [^?]*\?>|<(\/?)([a-z]+)((?:\s+[a-z][\w:-]*="[^"<]*")*)\s*(\/?)>|([^<]+)/gi);
  let end = 0;
  for (const { index, 0: token, 1: slash, 2: name = '', 3: attributes = '', 4: empty, 5: text } of tokens) {
    const isWhole = index === end && !/&(?!(?:amp|lt|gt|quot|#39);)/.test(`${attributes}${text ?? ''}`);
    expect([isWhole, slash ? open.pop() : name]).toEqual([true, name]);
    end = index + token.length;
    if (name && !slash && !empty) {
      open.push(name);
    }
    texts.push(...(text?.trim() ? [text] : []));
  }
  expect([end, open]).toEqual([xml.length, []]);
  return texts;
}

test('a drawing is an SVG file, whatever the names are', async () => {
  const { code, stderr } = await site.run(['experiments', 'plot', HOSTILE, '-o', file('run.svg'), '--timezone', 'UTC']);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^✓ .*run\.svg: 1,500 datapoints, .* kB\.\n$/)]);
  const svg = readFileSync(file('run.svg'), 'utf8');
  const shown = '&lt;/text&gt;&lt;script&gt;alert(&quot;1 &amp; 2&quot;)&lt;/script&gt;\\x1b[2J\\u202e]]&gt;&#39;';
  expect(textsOf(svg)).toEqual(
    expect.arrayContaining([
      shown,
      'Flow',
      'mbar',
      '&lt;°&amp;C&gt;',
      '&lt;b&gt;&quot;Low&quot; &lt; 5 &lt;°&amp;C&gt;',
      '00:05',
    ]),
  );
  // Nothing is loaded, and nothing runs.
  expect(svg).not.toMatch(/<script|<image|href|url\(|\son[a-z]+=/);
});

test('a file is replaced only with --force, and a name of another format is refused', async () => {
  const plot = ['datapoints', 'plot', '--event', 'Flow', '-o'];
  expect((await site.run([...plot, file('flow.svg'), '--json'])).stdout).toContain('"bytes":');
  expect(await site.run([...plot, file('flow.svg')])).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('--force'),
  });
  expect(await site.run([...plot, file('flow.svg'), '--force'])).toMatchObject({ code: 0 });
  expect(await site.run([...plot, file('flow.png')])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Use .svg'),
  });
  expect(existsSync(file('flow.png'))).toBe(false);
  const compressed = await site.run([...plot, file('flow.svg.gz'), '--json']);
  expect(JSON.parse(compressed.stdout)).toMatchObject({ bytes: statSync(file('flow.svg.gz')).size });
  expect(gunzipSync(readFileSync(file('flow.svg.gz'))).toString()).toBe(readFileSync(file('flow.svg'), 'utf8'));
  const { stdout, stderr } = await site.run([...plot, '-']);
  expect([stdout, stderr]).toEqual([
    readFileSync(file('flow.svg'), 'utf8'),
    expect.stringMatching(/^✓ 500 datapoints/),
  ]);
});

test.each([file('empty.svg'), '-'])('without datapoints there is no file, which is an error: %s', async (path) => {
  await anExperiment(site, { name: `Empty ${path}` });
  const { code, stdout, stderr } = await site.run(['experiments', 'plot', `Empty ${path}`, '-o', path]);
  expect([code, stdout, existsSync(path)]).toEqual([3, '', false]);
  expect(stderr).toMatch(/^error: Nothing to draw: experiment "Empty .*" has no datapoints\.\n$/);
});
