import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { TestHost } from '../support/host.ts';
import { type Running, running } from '../support/running.ts';
import { aSite, aUser } from '../support/site.ts';
import { TestTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

/** What `logs tail --follow` shows; that Ctrl-C in a terminal ends its process is tested in `logs.test.ts`. */
const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const { username } = await aUser(site, { admin: true });
await aUser(site, { username: 'bob' });
const env = { DATABASE_URL: site.url };

const follow = (...more: string[]) => running(['logs', 'tail', '--follow', '-n', '0', ...more], new TestHost({ env }));

/** Adds an entry, and gives its text. */
async function entry(content: string, type = 'info'): Promise<string> {
  const words = ['logs', 'add', content, '--type', type, '--as', username];
  expect((await site.run(words)).code).toBe(0);
  return content;
}

/** Waits until a command has the end of the log, which an entry of its own shows. */
async function ready(tail: Running, options: { type?: string } = {}): Promise<number> {
  let shown = 0;
  await until(
    async () => {
      await entry('ready', options.type);
      shown = tail.stdout().split('\n').length - 1;
      return shown > 0;
    },
    { everyMs: 200 },
  );
  return shown;
}

describe('logs tail --follow', () => {
  test('shows only what is selected, and nothing twice', async () => {
    await using tail = follow(
      '--type',
      'error',
      '--user',
      username,
      '--status',
      'unread',
      '--from',
      '-1h',
      '--to',
      '2099-01-01',
    );
    await ready(tail, { type: 'error' });
    await entry('not this', 'warning');
    await entry('this', 'error');
    await until(() => tail.stdout().includes('\tthis\n'));
    const { code, stdout } = await tail.interrupt();
    expect(code).toBe(130);
    const lines = stdout.trim().split('\n');
    expect(lines.filter((line) => line.endsWith('\tthis'))).toHaveLength(1);
    expect(lines.every((line) => line.includes(`\terror\t${username}\t`))).toBe(true);
  });

  test('on a terminal is a line per entry, of everyone, with what is dangerous escaped', async () => {
    const terminal = new TestTerminal({ env: { ...env, TERM: 'xterm', NO_COLOR: '1' } });
    await using tail = running(['logs', 'tail', '--follow', '-n', '0'], terminal);
    await ready(tail);
    await entry('bell \u0007', 'warning');
    await until(() => tail.stdout().includes('bell'));
    const line = tail
      .stdout()
      .split('\n')
      .find((text) => text.includes('bell'));
    expect(line).toMatch(new RegExp(`warning  ${username}  bell \\\\x07\\s*$`));
    expect((await tail.interrupt('SIGHUP')).code).toBe(130);
  });

  test('says when the connection is lost and when it is back, and misses nothing', async () => {
    const role = `follower_${randomUUID()}`;
    await site.pool.query(`create role "${role}" login; grant select on all tables in schema public to "${role}"`);
    const url = new URL(site.url);
    url.username = role;
    const words = ['logs', 'tail', '--follow', '-n', '0', '--json'];
    await using tail = running(words, new TestHost({ env: { DATABASE_URL: url.href } }));
    await ready(tail);
    await site.pool.query(`alter role "${role}" connection limit 0`);
    await site.pool.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [role]);
    await until(() => tail.stderr().split('\n').length === 2);
    await entry('meanwhile');
    await site.pool.query(`alter role "${role}" connection limit -1`);
    await until(() => tail.stdout().includes('"meanwhile"'));
    const { code, stdout, stderr } = await tail.interrupt('SIGTERM');
    expect([code, stdout.split('"meanwhile"').length]).toEqual([130, 2]);
    expect(stderr.trim().split('\n')).toHaveLength(2);
    await site.pool.query(`drop owned by "${role}"; drop role "${role}"`);
  });
});
