import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Database } from '../../src/database/database.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { applySite } from '../../src/site-file/apply.ts';
import { declaredSite } from '../../src/site-file/declare.ts';
import { planOf } from '../../src/site-file/plan.ts';
import { Secrets } from '../../src/site-file/secrets.ts';
import { temporaryDirectory } from '../support/program.ts';
import { aDeclaredSite, env, event } from './declared-site.ts';

const { site, run } = await aDeclaredSite();
const folder = temporaryDirectory();
afterAll(() => folder[Symbol.dispose]());

async function rows(sql: string): Promise<unknown[][]> {
  return (await site.pool.query({ text: sql, rowMode: 'array' })).rows;
}

describe('apply', () => {
  test('renames, changes and creates, and shows it as a plan', async () => {
    const [[id]] = (await rows(`select public_id from events where name = 'A'`)) as [[string]];
    const text = `events:\n  C: {renamed_from: A, unit: K, min_value: 0, max_value: 1, event_type: sensor}\n${event('B', 3)}${event('D')}`;
    const { code, stdout } = await run('diff', text);
    expect([code, stdout]).toEqual([
      6,
      `  events
    > A -> C  renamed
              unit  "C" -> "K"
    ~ B       max_value  2 -> 3
    + D       unit "C", min_value 0, max_value 1, event_type "sensor", owner "alice"

Plan: 1 to create, 1 to change, 1 to rename, 0 unchanged.
`,
    ]);
    expect((await run('apply', text)).code).toBe(0);
    expect(await rows('select name, unit, max_value from events order by name')).toEqual([
      ['B', 'C', 3],
      ['C', 'K', 1],
      ['D', 'C', 1],
    ]);
    expect(await rows(`select name from events where public_id = '${id}'`)).toEqual([['C']]);
    expect((await run('apply', text)).stderr).toBe('No changes.\n');
  });

  test('deletes only with --prune, only kinds that the file has, and says what goes with it', async () => {
    await run('apply', `rules:\n  R: {event: A, operator: gt, threshold: 1, action_type: log}\n`);
    const text = `events:\n${event('B', 2)}`;
    expect((await run('diff', text)).code).toBe(0);
    const { stdout } = await run('diff', text, '--prune', '--json');
    expect(JSON.parse(stdout).changes).toEqual([
      { action: 'delete', kind: 'events', name: 'A', deletes: { rules: 1 }, detaches: {} },
    ]);
    expect(await run('apply', text, '--prune')).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect((await run('apply', text, '--prune', '--yes')).code).toBe(0);
    expect(await rows('select name from events')).toEqual([['B']]);
    expect(await rows('select username from users')).toEqual([['alice']]);
  });

  test('moves unique values from one row to another in one transaction', async () => {
    const two = (one: string, other: string) =>
      `users:\n  bob: {email: ${one}@x.org, password_from: {env: P}}\n  carol: {email: ${other}@x.org, password_from: {env: P}}\n`;
    expect((await run('apply', two('a', 'b'))).code).toBe(0);
    expect((await run('apply', two('b', 'a'))).code).toBe(0);
    expect(await rows(`select username, email from users where username <> 'alice' order by 1`)).toEqual([
      ['bob', 'b@x.org'],
      ['carol', 'a@x.org'],
    ]);
  });

  test('changes nothing if one row is refused, and reports all of them', async () => {
    const text = `events:\n${event('A', 5)}${event('Z', -1)}rules:\n  R: {event: a1, operator: between, threshold: 1, action_type: log}\n`;
    const { code, stderr } = await run('apply', text);
    expect([code, stderr.trim().split('\n')]).toEqual([
      2,
      [
        'error: standard input:3:3: events.Z: The smallest value, 0, must be less than the largest, -1.',
        'standard input:5:3: rules.R: The event "a1" is neither in the files nor in the database. Declare the event.',
      ],
    ]);
    expect(await rows(`select max_value from events where name = 'A'`)).toEqual([[1]]);
  });

  test.each<[string, string, string[], number, string]>([
    [
      'a new user without its password',
      'users: {bob: {email: b@x.org, password_from: {env: NONE}}}',
      [],
      2,
      'The variable NONE is not set, and the user is new.',
    ],
    ['a new user without a source', 'users: {bob: {email: b@x.org}}', [], 2, 'A new user needs a password.'],
    [
      'a password that is too short',
      'users: {bob: {email: b@x.org, password: short}}',
      ['--allow-plain-secrets'],
      2,
      'The password is too short',
    ],
    [
      'a command that fails',
      'users: {bob: {email: b@x.org, password_from: {command: [/bin/false]}}}',
      [],
      2,
      'The command "/bin/false" failed.',
    ],
    [
      'an address that another user has',
      'users: {bob: {email: alice@lab.org, password_from: {env: P}}}',
      [],
      2,
      'The user "alice" has the same e-mail address',
    ],
    ['the last admin', 'users: {alice: {email: alice@lab.org}}', [], 4, 'No admin would be left.'],
    [
      'widgets that overlap',
      'dashboards: {D: {widgets: {a: {widget_type: gauge, x: 0, y: 0}, b: {widget_type: gauge, x: 2, y: 1}}}}',
      [],
      2,
      'would overlap "a"',
    ],
    [
      'an owner that would be deleted',
      'users: {bob: {email: b@x.org, admin: true, password_from: {env: P}}}\nevents: {A: {unit: C, min_value: 0, max_value: 1, event_type: sensor}}',
      ['--prune', '--yes'],
      2,
      'The owner "alice" is not in the files, and so would be deleted.',
    ],
    [
      'a reference to a new row of a kind that is left out',
      `events: {Z: {unit: C, min_value: 0, max_value: 1, event_type: sensor}}\nrules: {R: {event: Z, operator: gt, threshold: 1, action_type: log}}`,
      ['--only', 'rules'],
      2,
      'The event "Z" is new, and would not be created. Add events to --only.',
    ],
    [
      'a time that PostgreSQL would read as another one',
      'experiments: {E: {started_on: yesterday, stopped_on: 2026-01-01T00:00:00Z}}',
      [],
      2,
      '"yesterday" is not a valid time. Write it with its offset',
    ],
    [
      'a time that does not exist',
      'experiments: {E: {started_on: 2026-02-30T00:00:00Z, stopped_on: 2026-03-01T00:00:00Z}}',
      [],
      2,
      '"2026-02-30T00:00:00Z" is not a valid time.',
    ],
    [
      'a password file without an end',
      'users: {bob: {email: b@x.org, password_from: {file: /dev/zero}}}',
      [],
      2,
      'too large',
    ],
    ['a folder as a password', 'users: {bob: {email: b@x.org, password_from: {file: /}}}', [], 2, '/ is a directory.'],
    [
      'a command that prints without an end',
      `users: {bob: {email: b@x.org, password_from: {command: 'yes hunter22'}}}`,
      [],
      2,
      'users.bob: The command "yes" printed too much. Run it by itself to see why.\n',
    ],
    ['an unknown kind', 'events: {}', ['--only', 'nothing'], 2, 'there is no kind "nothing"'],
    ['a value without a name', 'events: {}', ['--set', 'x'], 2, '--set x: expected KEY=VALUE.'],
  ])('refuses %s', async (_what, text, words, code, message) => {
    const before = await rows('select * from users order by id');
    const result = await run('apply', text, ...words);
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(message)]);
    expect(await rows('select * from users order by id')).toEqual(before);
  });

  test('applies only the kinds of --only, and --dry-run none', async () => {
    const text = `events:\n${event('A', 7)}${event('E')}webhooks:\n  https://x.org/h: {events: [sensor.reading]}\n`;
    expect(await run('apply', text, '--dry-run')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 to create, 1 to change'),
    });
    expect((await run('apply', text, '--dry-run', '--exit-code')).code).toBe(6);
    expect((await run('apply', text, '--only', 'webhooks')).code).toBe(0);
    expect(await rows('select url from webhooks')).toEqual([['https://x.org/h']]);
    expect(await rows('select max_value from events order by name')).toEqual([[1], [2]]);
  });

  test('keeps what the server allows and this program would not write, while it is unchanged', async () => {
    await site.pool.query(
      `update events set min_value = '-Infinity', max_value = (case name when 'A' then '-Infinity' else 'NaN' end)::float8`,
    );
    await run('apply', `rules:\n  R: {event: A, operator: gt, threshold: 1, action_type: log}\n`);
    await site.pool.query(`update rules set threshold = 'Infinity'`);
    const { stdout: dump } = await site.run('dump');
    expect(dump).toContain('min_value: -.inf\n    max_value: .nan');
    expect(await run('apply', dump)).toEqual({ code: 0, stdout: '', stderr: 'No changes.\n' });
    const { stdout } = await run('diff', dump.replace('max_value: .nan', 'max_value: .inf'), '--json');
    expect(JSON.parse(stdout).changes[0].differences).toEqual({ max_value: ['NaN', 'Infinity'] });
    expect(await run('apply', dump.replace('threshold: .inf', 'threshold: -.inf'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('A threshold must be a finite number.'),
    });
  });

  test('shows rows that differ and are not changed', async () => {
    await run('apply', 'firmware: {1.0.0: {}}');
    const { code, stderr } = await run('apply', 'firmware: {1.0.0: {release_notes: new}}');
    expect([code, stderr]).toEqual([
      0,
      '  firmware\n    ! 1.0.0  differs, and is not changed\n             release_notes  none -> "new"\n\nNo changes.\n',
    ]);
  });

  test('stops if the database is no longer as it was planned for', async () => {
    await using database = await Database.open(targetFromUrl(site.url));
    const declared = declaredSite([{ name: 'f', text: `events:\n${event('A', 9)}` }], { variables: {} });
    const settings = {
      prune: false,
      secrets: new Secrets({}),
      lockTimeoutSeconds: 1,
      signal: new AbortController().signal,
    };
    const plan = await planOf(database.em, declared, settings);
    await site.pool.query(`update events set max_value = 8 where name = 'A'`);
    await expect(applySite(database, declared, plan, settings)).rejects.toThrow(
      'The database has changed since the plan was made',
    );
    expect(await rows(`select max_value from events where name = 'A'`)).toEqual([[8]]);
  });

  test('of many at once makes them wait for each other', async () => {
    const texts = Array.from({ length: 4 }, (_, at) => `events:\n${event('A', at + 2)}${event(`N${at}`)}`);
    const codes = await Promise.all(texts.map(async (text) => (await run('apply', text)).code));
    // One that was planned before another was applied stops.
    expect(codes.every((code) => code === 0 || code === 4)).toBe(true);
    expect(codes).toContain(0);
    const applied = codes.flatMap((code, at) => (code === 0 ? [`N${at}`] : []));
    expect((await rows(`select name from events where name like 'N%' order by 1`)).flat()).toEqual(applied);
  });

  test('waits for another one as long as --lock-timeout says', async () => {
    const client = await site.pool.connect();
    await client.query(
      `begin; select pg_advisory_xact_lock(${0x73697465}, (select oid::int from pg_namespace where nspname = current_schema()))`,
    );
    const { code, stderr } = await run('apply', `events:\n${event('A', 9)}`, '--lock-timeout', '0s');
    await client.query('rollback');
    client.release();
    expect([code, stderr]).toEqual([7, expect.stringContaining('Another "webmacs apply" is running.')]);
  });
});

describe('files', () => {
  test('of a folder are read by name, with the rows of one referring to those of another', async () => {
    const path = join(folder.path, 'site');
    mkdirSync(path);
    writeFileSync(join(path, 'b.yml'), `events:\n${event('F')}`);
    writeFileSync(
      join(path, 'a.json'),
      JSON.stringify({ rules: { R: { event: 'F', operator: 'gt', threshold: 1, action_type: 'log' } } }),
    );
    writeFileSync(join(path, 'notes.txt'), 'not: {');
    expect((await site.run(['apply', '-f', path], { env })).code).toBe(0);
    expect(await rows(`select r.name, e.name from rules r join events e on e.public_id = r.event_public_id`)).toEqual([
      ['R', 'F'],
    ]);
  });

  test.each([
    ['a missing one', ['-f', 'none.yaml'], 3, /none\.yaml/],
    ['none', [], 2, /--file/],
  ])('%s', async (_what, words, code, message) => {
    const result = await site.run(['apply', ...words], { env });
    expect([result.code, result.stderr]).toEqual([code, expect.stringMatching(message)]);
  });

  test('to start with are valid, and are not replaced without --force', async () => {
    const path = join(folder.path, 'start.yaml');
    expect((await site.run(['init', path])).code).toBe(0);
    expect(await site.run(['validate', '-f', path])).toMatchObject({ code: 0, stderr: '✓ Valid: 7 rows.\n' });
    expect((await site.run(['init', path])).code).toBe(4);
    const schema = JSON.parse((await site.run('schema')).stdout);
    expect(Object.keys(schema.properties)).toContain('plugin_instances');
  });
});
