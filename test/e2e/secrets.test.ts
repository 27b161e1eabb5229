import { expect, test } from 'vitest';
import { webmacs } from '../support/program.ts';
import { anEmptySite, aSite } from '../support/site.ts';

const SECRET = 's3cr3t-pw';

/** The site's URL as somebody with a password would have it. */
function withPassword(url: string, change: (url: URL) => void = () => {}): string {
  const changed = new URL(url);
  changed.password = SECRET;
  change(changed);
  return changed.href;
}

async function failsWithoutSecret(words: string[], env: Record<string, string>): Promise<string> {
  const text = await webmacs(words, { env });
  const json = await webmacs([...words, '--json'], { env });
  expect([text.code, json.code, text.stdout, json.stdout]).toEqual([5, 5, '', '']);
  expect(text.stderr + json.stderr).not.toContain(SECRET);
  expect(JSON.parse(json.stderr)).toMatchObject({ error: { kind: 'database', exit_code: 5 } });
  return text.stderr;
}

test.each([
  ['a port where nothing listens', `postgresql://lab:${SECRET}@127.0.0.1:1/db`, 'connection refused'],
  ['an unknown host', `postgresql://lab:${SECRET}@nowhere.invalid/db`, 'the host name'],
  ['a missing socket', `postgresql://lab:${SECRET}@/db?host=/nowhere`, 'the socket does not exist'],
])('%s exits 5 with a sentence, and without the password', async (_what, url, sentence) => {
  const stderr = await failsWithoutSecret(['db', 'migrate'], { DATABASE_URL: url });
  expect(stderr).toContain(sentence);
  expect(stderr).toContain('webmacs config show --origin');
});

test('an unknown database exits 5, naming it', async () => {
  await using site = await aSite();
  const url = withPassword(site.url, (changed) => {
    changed.pathname = 'not_there';
  });
  expect(await failsWithoutSecret(['users', 'list'], { DATABASE_URL: url })).toContain('"not_there" does not exist');
});

test('an unknown role exits 5, without the password', async () => {
  await using site = await aSite();
  const url = withPassword(site.url, (changed) => {
    changed.username = 'stranger';
  });
  expect(await failsWithoutSecret(['users', 'list'], { DATABASE_URL: url })).toContain('refused the login');
});

test.each([
  'users list',
  'users show x',
  'events list',
  'experiments start x',
  'datapoints latest',
  'datapoints stats',
])('a database that is not migrated exits 5 and names the remedy: %s', async (line) => {
  await using site = await anEmptySite();
  const stderr = await failsWithoutSecret(line.split(' '), { DATABASE_URL: withPassword(site.url) });
  expect(stderr).toContain('webmacs db migrate');
});

test.each([
  ['of another database system', `mysql://lab:${SECRET}@host/db`],
  ['with a port out of range', `postgresql://lab:${SECRET}@host:99999/db`],
  ['with a "/" in the password', `postgresql://lab:1/${SECRET}@host/db`],
  ['with a "?" in the password', `postgresql://lab:1?${SECRET}@host/db`],
  ['with a "#" in the password', `postgresql://lab:1#${SECRET}@host/db`],
  ['with an unknown sslmode', `postgresql://lab:${SECRET}@host/db?sslmode=perhaps`],
])('a URL %s exits 2 and is not repeated', async (_what, url) => {
  const { code, stdout, stderr } = await webmacs(['users', 'list'], { env: { DATABASE_URL: url } });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('DATABASE_URL');
  expect(stderr).not.toContain(SECRET);
});

test('what describes the connection leaves the password out', async () => {
  await using site = await aSite();
  const env = { DATABASE_URL: withPassword(site.url) };
  for (const line of [
    'config show --origin',
    'config show --json',
    'db info',
    'db info --json',
    'db rollback',
    'version',
  ]) {
    const { stdout, stderr } = await webmacs(line.split(' '), { env });
    expect(stdout + stderr).not.toContain(SECRET);
  }
});

test('version tells its own version even where the server does not answer', async () => {
  const { code, stdout } = await webmacs(['version', '--json'], {
    env: { DATABASE_URL: `postgresql://lab:${SECRET}@127.0.0.1:1/db` },
  });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ program: expect.any(String), server: null, migration: null });
});
