import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, describe, expect, test } from 'vitest';
import { aSite, aUser, logEntries } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const root = await aUser(site, { username: 'root', admin: true });
const bob = await aUser(site, { username: 'bob' });

const parsed = async (line: string | string[]) => JSON.parse((await site.run(line)).stdout);

test('an entry is added, listed, shown, marked as read and deleted in a pipe', async () => {
  const { code, stdout, stderr } = await site.run(['logs', 'add', 'Filter changed', '--type', 'warning']);
  const id = stdout.trim();
  expect([code, stderr]).toEqual([0, `✓ Entry "Filter changed" added (${id}).\n`]);
  const list = await site.run('logs list');
  const line = list.stdout.split('\n').find((text) => text.endsWith(id));
  expect(line).toMatch(/^\S+\twarning\tunread\troot\tFilter changed\t/);
  expect((await site.run(`logs show ${id}`)).stdout).toMatch(/^content\tFilter changed$/m);
  expect((await site.run(`logs read ${id}`)).stderr).toBe('✓ 1 entry marked as read.\n');
  expect((await site.run(`logs show ${id.slice(0, 8)}`)).stdout).toMatch(/^status_type\tread$/m);
  expect((await site.run(`logs delete ${id} --yes`)).code).toBe(0);
  expect((await site.run(`logs show ${id}`)).code).toBe(3);
});

test('an entry is added, listed, shown, marked as read and deleted with --json', async () => {
  const { public_id: id, ...rest } = await parsed('logs add Hello --as bob --json');
  expect(rest).toMatchObject({
    content: 'Hello',
    logging_type: 'info',
    status_type: 'unread',
    user_public_id: bob.publicId,
  });
  expect(await parsed('logs list --user bob --json')).toEqual([
    expect.objectContaining({ public_id: id, user: 'bob' }),
  ]);
  expect(await parsed(`logs read ${id} --json`)).toEqual({ status_type: 'read', changed: 1 });
  expect(await parsed(`logs read ${id} --json`)).toEqual({ status_type: 'read', changed: 0 });
  expect(await parsed(`logs show ${id} --json`)).toMatchObject({ status_type: 'read' });
  expect(await parsed(`logs read ${id} --unread --json`)).toEqual({ status_type: 'unread', changed: 1 });
  expect(await parsed(`logs delete ${id} --yes --json`)).toMatchObject({ status: 'success' });
});

describe('logs add', () => {
  test('reads the content from standard input, and can be repeated with --if-not-exists', async () => {
    const add = ['logs', 'add', '-', '--if-not-exists'];
    const first = await site.run(add, { input: 'Set up.\n' });
    expect(await site.run(add, { input: 'Set up.\n' })).toMatchObject({ code: 0, stdout: first.stdout });
    expect((await site.run(`logs show ${first.stdout.trim()}`)).stdout).toMatch(/^content\tSet up\.$/m);
  });

  test('accepts 500 characters, however many bytes, and refuses more with 2', async () => {
    expect((await site.run(['logs', 'add', '😀'.repeat(500)])).code).toBe(0);
    const { code, stderr } = await site.run(['logs', 'add', 'x'.repeat(501)]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('501 characters, at most 500')]);
  });

  test.each([
    ['nothing', ['']],
    ['an unknown type', ['x', '--type', 'debug']],
  ])('refuses %s with 2', async (_what, words) => {
    expect((await site.run(['logs', 'add', ...words])).code).toBe(2);
  });

  test('refuses an unknown user with 3', async () => {
    expect((await site.run('logs add x --as nobody')).code).toBe(3);
  });

  test('asks for the type on a terminal', async () => {
    const { code, output } = await onTerminal('logs add Asked', { DATABASE_URL: site.url }, [['Type', '\r']]);
    expect([code, output]).toEqual([0, expect.stringContaining('Entry "Asked" added')]);
  });
});

describe('logs list', () => {
  test('narrows by type, status, user and time', async () => {
    const { publicId: owner, username } = await aUser(site);
    await logEntries(site, 2, { owner, type: 'error', daysAgo: 3 });
    await logEntries(site, 3, { owner, type: 'info', status: 'read' });
    const counts = async (...options: string[]) =>
      (await parsed(['logs', 'list', '--user', username, '--json', ...options])).length;
    expect(await counts()).toBe(5);
    expect(await counts('--type', 'error')).toBe(2);
    expect(await counts('--status', 'read')).toBe(3);
    expect(await counts('--from', '-2d')).toBe(3);
    expect(await counts('--to', '-2d', '--type', 'info')).toBe(0);
  });

  test('refuses a wrong time with 2, and an unknown user with 3', async () => {
    expect((await site.run('logs list --from soon')).code).toBe(2);
    expect((await site.run('logs list --user nobody')).code).toBe(3);
  });
});

describe('logs read', () => {
  test('--all marks those that are selected', async () => {
    const { publicId: owner, username } = await aUser(site);
    await logEntries(site, 2, { owner, type: 'error' });
    await logEntries(site, 3, { owner, type: 'info' });
    const read = ['logs', 'read', '--all', '--user', username, '--json'];
    expect(await parsed([...read, '--type', 'error'])).toEqual({ status_type: 'read', changed: 2 });
    expect(await parsed(read)).toEqual({ status_type: 'read', changed: 3 });
  });

  test.each([
    ['logs read', 2],
    ['logs read --type info', 2],
    [`logs read ${randomUUID()} --all`, 2],
    [`logs read ${randomUUID()}`, 3],
  ])('refuses "%s" with %i', async (line, code) => {
    expect((await site.run(line)).code).toBe(code);
  });
});

describe('logs tail', () => {
  test('prints the last entries, the newest at the end', async () => {
    await logEntries(site, 12, { owner: root.publicId });
    const lines = (await site.run('logs tail --user root')).stdout.trim().split('\n');
    expect([lines.length, lines.at(-1)]).toEqual([10, expect.stringMatching(/^\S+\tinfo\troot\tEntry 12$/)]);
    expect(await parsed('logs tail -n 2 --user root --json')).toEqual([
      expect.objectContaining({ content: 'Entry 11', user: 'root' }),
      expect.objectContaining({ content: 'Entry 12' }),
    ]);
  });

  test('--follow prints new entries of the given type, until Ctrl-C', async () => {
    const { publicId: owner } = await aUser(site);
    await logEntries(site, 1, { owner, type: 'error' });
    const child = site.start('logs tail --follow -n 1 --type error --json');
    const lines = linesOf(child);
    await lines.until(1);
    await logEntries(site, 1, { owner, type: 'info' });
    await logEntries(site, 1, { owner, type: 'error' });
    await lines.until(2);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
    expect(lines.all.map((line) => JSON.parse(line).logging_type)).toEqual(['error', 'error']);
    expect(lines.errors()).toBe('');
  });

  test('--follow shows an entry that is committed after a later one', async () => {
    const { publicId: owner } = await aUser(site);
    await logEntries(site, 1, { owner });
    const child = site.start('logs tail --follow -n 1');
    const lines = linesOf(child);
    await lines.until(1);
    const late = await site.pool.connect();
    await late.query('begin');
    await late.query(
      `insert into log_entries (public_id, content, logging_type, status_type, user_public_id, created_on)
       values (gen_random_uuid(), 'late', 'info', 'unread', $1, now())`,
      [owner],
    );
    await logEntries(site, 1, { owner, type: 'warning' });
    await lines.until(2);
    await late.query('commit');
    late.release();
    await lines.until(3);
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(lines.all[2]).toMatch(/\tlate$/);
  });

  test('--follow goes on when its connection was cut', async () => {
    const { publicId: owner } = await aUser(site);
    await logEntries(site, 1, { owner });
    const child = site.start('logs tail --follow -n 1');
    const lines = linesOf(child);
    await lines.until(1);
    await site.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'webmacs'`,
    );
    await logEntries(site, 1, { owner });
    await lines.until(2);
    child.kill('SIGINT');
    await once(child, 'close');
    expect(lines.all).toHaveLength(2);
  });
});

/** The lines that a program prints while it runs. */
function linesOf(child: ChildProcess) {
  let [output, errors] = ['', ''];
  let changed = Promise.withResolvers<void>();
  const wake = () => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    wake();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.once('close', wake);
  return {
    get all() {
      return output.split('\n').slice(0, -1);
    },
    errors: () => errors,
    async until(count: number) {
      while (this.all.length < count) {
        if (child.exitCode !== null) {
          throw new Error(`It ended: ${errors}`);
        }
        await changed.promise;
      }
    },
  };
}
