import { expect, test } from 'vitest';
import { startedWebmacs, webmacs } from '../support/program.ts';

/** Help must not open anything: there is no such server. */
const env = { DATABASE_URL: 'postgresql://127.0.0.1:1/none' };

const VERBS: Record<string, string[]> = {
  users: ['create', 'list', 'show', 'update', 'passwd', 'delete'],
  events: ['create', 'list', 'show', 'update', 'delete'],
  experiments: ['create', 'start', 'stop', 'list', 'show', 'update', 'rename', 'export', 'delete'],
  datapoints: [
    'inspect',
    'import',
    'imports',
    'profiles',
    'list',
    'show',
    'latest',
    'stats',
    'update',
    'assign',
    'delete',
    'prune',
  ],
  'datapoints imports': ['list', 'show', 'undo'],
  'datapoints profiles': ['list', 'show', 'delete'],
  rules: ['create', 'list', 'show', 'update', 'enable', 'disable', 'test', 'delete'],
  dashboards: ['create', 'list', 'show', 'update', 'delete', 'widgets'],
  'dashboards widgets': ['add', 'list', 'show', 'update', 'remove'],
  firmware: ['inspect', 'register', 'list', 'show', 'status', 'update', 'delete'],
  webhooks: [
    ...['create', 'list', 'show', 'update', 'enable', 'disable', 'delete', 'secret'],
    ...['test', 'deliveries', 'redeliver', 'verify', 'listen'],
  ],
  plugins: ['install', 'uninstall', 'verify', 'inspect', 'packages', 'instances', 'channels'],
  'webhooks deliveries': ['list', 'show', 'delete', 'prune'],
  'plugins packages': ['list', 'show'],
  'plugins instances': ['create', 'list', 'show', 'update', 'enable', 'disable', 'delete'],
  'plugins channels': ['map', 'list', 'show', 'unmap'],
  logs: ['list', 'tail', 'show', 'add', 'read', 'delete', 'prune'],
  tokens: ['revoke', 'list', 'show', 'update', 'delete', 'prune', 'api'],
  'tokens api': ['create', 'list', 'revoke'],
  db: ['migrate', 'rollback', 'status', 'generate', 'check', 'stamp', 'info', 'maintain', 'start', 'stop', 'url'],
  config: ['path', 'show', 'set'],
};

test('the help of the program names every noun and topic', async () => {
  const { code, stdout, stderr } = await webmacs(['--help'], { env });
  expect([code, stderr]).toEqual([0, '']);
  for (const word of [
    ...Object.keys(VERBS).map((noun) => noun.split(' ')[0] ?? ''),
    'demo',
    'status',
    'doctor',
    'version',
    'Examples:',
    'DATABASE_URL',
    'exit-codes',
  ]) {
    expect(stdout).toContain(word);
  }
});

test.each(Object.entries(VERBS))(
  'the help of %s names its verbs and has an example, and so has that of each verb',
  async (noun, verbs) => {
    const { code, stdout } = await webmacs([...noun.split(' '), '--help'], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples:\\n[^]* {2}\\$ .*webmacs ${noun}\\s`));
    for (const verb of verbs) {
      expect(stdout).toMatch(new RegExp(`^ {2}${verb}[ |]`, 'm'));
    }
    const pages = await Promise.all(verbs.map((verb) => webmacs([...noun.split(' '), verb, '--help'], { env })));
    pages.forEach((page, at) => {
      expect([page.code, page.stderr]).toEqual([0, '']);
      // A noun of its own, such as "tokens api", has examples at its verbs.
      if (!VERBS[`${noun} ${verbs[at]}`]) {
        expect(page.stdout).toMatch(new RegExp(`Examples:\\n[^]* {2}\\$ .*webmacs ${noun} ${verbs[at]}`));
      }
    });
  },
);

test('every option that takes a time goes with --timezone', async () => {
  const pages = Object.entries(VERBS).flatMap(([noun, verbs]) => verbs.map((verb) => [...noun.split(' '), verb]));
  for (const words of pages) {
    const { stdout } = await webmacs([...words, '--help'], { env });
    const takesTime = / --[a-z-]+ <time>| --older-than /.test(stdout);
    expect([words, stdout.includes('--timezone <zone>')]).toEqual([words, takesTime || words.includes('import')]);
  }
});

test.each(['demo', 'version'])('the help of %s has an example', async (word) => {
  expect((await webmacs([word, '--help'], { env })).stdout).toContain(`$ webmacs ${word}`);
});

test.each([
  [['usres', 'list'], 'users'],
  [['usres', '--help'], 'users'],
  [['help', 'usres'], 'users'],
  [['users', 'lst'], 'list'],
  [['users', 'lst', '--help'], 'list'],
  [['users', 'help', 'lst'], 'list'],
  [['help', 'plugins', 'instances', 'lst'], 'list'],
  [['users', 'list', '--pge', '2'], '--page'],
])('a typo exits 2 with a suggestion: %j', async (words, suggestion) => {
  const { code, stdout, stderr } = await webmacs(words, { env });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(new RegExp(`Did you mean .*${suggestion}`));
});

test.each([
  [['list', 'users'], '"webmacs users list"'],
  [['list', 'event', '--limit', '5'], '"webmacs events list"'],
  [['widgets', 'add', 'Overview'], '"webmacs dashboards widgets add"'],
  [['export', 'Run 7'], '"webmacs experiments export" or "webmacs datapoints export"'],
  [['start', 'Run 7'], '"webmacs experiments start" or "webmacs db start"'],
  [['experiments', 'import', 'run7.csv'], '"webmacs datapoints import"'],
  [['list'], 'one of "webmacs users list", '],
])('%j is answered with the command that was meant', async (words, meant) => {
  const { code, stderr } = await webmacs(words, { env });
  expect([code, stderr]).toEqual([2, expect.stringContaining(`Did you mean ${meant}`)]);
});

test.each([
  [['experiments', 'show', 'Run', '7'], 'Quote a name with blanks: "Run 7".'],
  [['experiments', 'rename', 'Run', '7', 'Run 8'], 'Quote names with blanks, such as "Run 7".'],
  [['users', 'list', 'alice'], '--help'],
])('too many words: %j', async (words, hint) => {
  const { code, stderr } = await webmacs(words, { env });
  expect([code, stderr]).toEqual([2, expect.stringContaining('Too many arguments')]);
  expect(stderr).toContain(hint);
});

test.each([['--json'], ['--format', 'json'], ['--format=ndjson']])(
  'with %s %s a usage error is one JSON object on stderr',
  async (...format) => {
    const { code, stdout, stderr } = await webmacs(['users', 'lst', ...format], { env });
    expect([code, stdout]).toEqual([2, '']);
    expect(JSON.parse(stderr)).toEqual({
      error: { kind: 'usage', message: expect.stringContaining("'lst'"), hint: expect.any(String), exit_code: 2 },
    });
  },
);

test('--version prints program and version', async () => {
  expect((await startedWebmacs(['--version'])).stdout).toMatch(/^webmacs \d+\.\d+\.\d+\n$/);
});
