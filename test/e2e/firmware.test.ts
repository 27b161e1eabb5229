import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { aBundle, GOOD } from '../firmware/bundle.ts';
import { temporaryDirectory, webmacs } from '../support/program.ts';
import { aSite, aUser, layout } from '../support/site.ts';
import { until } from '../support/until.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
const directory = temporaryDirectory();
afterAll(() => directory[Symbol.dispose]());
const at = (name: string) => join(directory.path, name);
writeFileSync(at('firmware.bin'), 'the firmware');
const sha256 = createHash('sha256').update('the firmware').digest('hex');

const row = (stdout: string) => JSON.parse(stdout);

let made = 0;
/** A version on its way, as far as the last of the statuses. */
async function aVersion(...statuses: string[]): Promise<string> {
  const version = `9.0.${++made}`;
  expect((await site.run(['firmware', 'register', version])).code).toBe(0);
  for (const status of statuses) {
    expect((await site.run(['firmware', 'status', version, status])).code).toBe(0);
  }
  return version;
}

test('a version is registered, listed, shown, moved on and deleted in a pipe', async () => {
  const registered = await site.run(['firmware', 'register', '1.0.0', '--notes', 'First']);
  expect([registered.code, registered.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}\n$/)]);
  const id = registered.stdout.trim();
  expect(registered.stderr).toBe(`✓ Firmware "1.0.0" registered (${id}).\n`);
  const listed = await site.run('firmware list');
  expect(listed.stdout).toMatch(new RegExp(`^1\\.0\\.0\\tpending\\t\\t\\t\\troot\\t${id}\\n$`));
  expect((await site.run('firmware show 1.0.0')).stdout).toContain('release_notes\tFirst\n');
  const moved = await site.run('firmware status 1.0.0 downloading');
  expect([moved.stdout, moved.stderr]).toEqual([`${id}\n`, '✓ Firmware "1.0.0": pending → downloading.\n']);
  const gone = await site.run('firmware delete 1.0.0 --yes');
  expect([gone.code, gone.stderr]).toEqual([0, '✓ Firmware "1.0.0" deleted.\n']);
  expect((await site.run('firmware show 1.0.0')).code).toBe(3);
});

test('a version is registered, listed, shown, changed and deleted with --json', async () => {
  const words = ['firmware', 'register', '1.0.1', '--file', 'firmware.bin', '--notes-file', '-', '--json'];
  const { stdout } = await site.run(words, { cwd: directory.path, input: 'Mends:\n- the valve\n' });
  const { created, ...registered } = row(stdout);
  expect(created).toBe(true);
  expect(registered).toMatchObject({
    version: '1.0.1',
    release_notes: 'Mends:\n- the valve\n',
    status: 'pending',
    file_path: at('firmware.bin'),
    file_size_bytes: 12,
    file_hash_sha256: sha256,
    error_message: null,
    started_on: null,
    completed_on: null,
    user_public_id: owner,
  });
  expect(row((await site.run('firmware list --json')).stdout)).toEqual([registered]);
  expect(row((await site.run('firmware show 1.0.1 --json')).stdout)).toEqual(registered);
  const changed = await site.run(['firmware', 'update', '1.0.1', '--notes', 'Mends it', '--json']);
  expect(row(changed.stdout)).toMatchObject({ release_notes: 'Mends it', file_hash_sha256: sha256 });
  expect(row((await site.run('firmware delete 1.0.1 --yes --json')).stdout)).toMatchObject({ status: 'success' });
  expect((await site.run('firmware list --json')).stdout).toBe('[]\n');
});

describe('firmware register', () => {
  test.each(['v1.0.0', '1.0', ''])('refuses "%s" as a version with 2', async (version) => {
    const { code, stderr } = await site.run(['firmware', 'register', version]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('MAJOR.MINOR.PATCH')]);
  });

  test('refuses a taken version with 4, and with --if-not-exists returns the existing row', async () => {
    const version = await aVersion();
    expect((await site.run(['firmware', 'register', version])).code).toBe(4);
    const { code, stderr } = await site.run(['firmware', 'register', version, '--if-not-exists', '--file', 'nothing']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('already exists')]);
  });

  test.each([
    ['a directory', '.', 2, 'is a directory'],
    ['a file that is missing', 'nothing', 3, 'The file nothing does not exist'],
    ['a pipe, without waiting for it', 'fifo', 2, 'is not a regular file'],
    ['a device', '/dev/zero', 2, 'is not a regular file'],
  ])('refuses %s', async (_what, file, code, complaint) => {
    if (file === 'fifo') {
      execFileSync('mkfifo', [at('fifo')]);
    }
    const run = await site.run(['firmware', 'register', '2.0.0', '--file', file], { cwd: directory.path });
    expect([run.code, run.stderr]).toEqual([code, expect.stringContaining(complaint)]);
    expect((await site.run('firmware show 2.0.0')).code).toBe(3);
  });

  test.each([
    ['given twice', ['--notes', 'a', '--notes-file', '-'], 2, 'cannot be used with'],
    ['that are not text', ['--notes-file', 'binary'], 2, 'not text in UTF-8'],
    ['in a directory', ['--notes-file', '.'], 2, 'is a directory'],
    ['in a missing file', ['--notes-file', 'nothing'], 3, 'The file nothing does not exist'],
    ['that are too long', ['--notes-file', 'long'], 2, 'too large'],
  ])('refuses notes %s', async (_what, options, code, complaint) => {
    writeFileSync(at('binary'), Buffer.from([0xff, 0xfe, 0]));
    writeFileSync(at('long'), 'x'.repeat(1_000_001));
    const run = await site.run(['firmware', 'register', '2.0.0', ...options], { cwd: directory.path });
    expect([run.code, run.stderr]).toEqual([code, expect.stringContaining(complaint)]);
  });
});

describe('an update bundle', () => {
  const bundle = at('webmacs-update-2.2.0.tar.gz');
  writeFileSync(bundle, aBundle());

  test('is inspected without a database', async () => {
    const inspected = await webmacs(['firmware', 'inspect', bundle, '--json'], {
      env: { DATABASE_URL: 'postgres://0/' },
    });
    expect([inspected.code, row(inspected.stdout)]).toEqual([
      0,
      expect.objectContaining({ file: bundle, version: '2.2.0', images: ['webmacs-backend:2.2.0'] }),
    ]);
  });

  test('is registered with the version, the changelog and the sum of its own', async () => {
    const registered = await site.run(['firmware', 'register', '--file', bundle, '--json']);
    expect([registered.code, row(registered.stdout)]).toEqual([
      0,
      expect.objectContaining({
        version: '2.2.0',
        release_notes: 'Fixes the valve driver',
        file_path: bundle,
        file_hash_sha256: createHash('sha256').update(aBundle()).digest('hex'),
      }),
    ]);
    expect((await site.run(['firmware', 'register', '--file', bundle, '--if-not-exists'])).code).toBe(0);
  });

  test('of another version or with other images is refused with 2, and nothing is recorded', async () => {
    const other = await site.run(['firmware', 'register', '2.3.0', '--file', bundle]);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('a bundle of version 2.2.0, not 2.3.0')]);
    const version = await aVersion();
    expect((await site.run(['firmware', 'update', version, '--file', bundle])).code).toBe(2);
    const parts = [...GOOD.slice(0, 1), { name: 'images.tar', content: 'other' }];
    writeFileSync(at('other.tar.gz'), aBundle({ parts }));
    const damaged = await site.run(['firmware', 'register', '2.3.0', '--file', at('other.tar.gz')]);
    expect([damaged.code, damaged.stderr]).toEqual([2, expect.stringContaining('entry "images.tar": its SHA-256 is')]);
    expect((await site.run('firmware show 2.3.0')).code).toBe(3);
  });

  test('is needed where there is no version', async () => {
    for (const more of [[], ['--file', at('firmware.bin')]]) {
      const { code, stderr } = await site.run(['firmware', 'register', ...more]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('Missing: the version.')]);
    }
  });
});

test('firmware list shows the newest first, and --status filters', async () => {
  const [older, newer] = [await aVersion('failed'), await aVersion('failed')];
  const versions = row((await site.run('firmware list --status failed --json')).stdout).map(
    ({ version }: { version: string }) => version,
  );
  expect(versions.indexOf(newer)).toBeLessThan(versions.indexOf(older));
  expect((await site.run('firmware list --status applying --json')).stdout).not.toContain(newer);
  expect((await site.run('firmware list --status done')).code).toBe(2);
});

describe('firmware status', () => {
  test('goes through all statuses, and records start and end', async () => {
    const version = await aVersion();
    const seen: unknown[] = [];
    for (const status of ['downloading', 'verifying', 'applying', 'completed', 'rolled_back']) {
      const { code, stdout } = await site.run(['firmware', 'status', version, status, '--json']);
      const { started_on, completed_on, status: now } = row(stdout);
      seen.push([code, now, started_on !== null, completed_on !== null]);
    }
    expect(seen).toEqual([
      [0, 'downloading', true, false],
      [0, 'verifying', true, false],
      [0, 'applying', true, false],
      [0, 'completed', true, true],
      [0, 'rolled_back', true, true],
    ]);
  });

  test('can fail on the way, for a reason', async () => {
    const version = await aVersion('downloading');
    const words = ['firmware', 'status', version, 'failed', '--error', 'checksum differs', '--json'];
    expect(row((await site.run(words)).stdout)).toMatchObject({
      status: 'failed',
      error_message: 'checksum differs',
      completed_on: expect.any(String),
    });
  });

  test.each([
    [[], 'applying'],
    [['downloading'], 'downloading'],
    [['failed'], 'downloading'],
  ])('after %j refuses %s with 4, and changes nothing', async (way, status) => {
    const version = await aVersion(...way);
    const { code, stderr } = await site.run(['firmware', 'status', version, status]);
    expect([code, stderr]).toEqual([
      4,
      expect.stringContaining(`cannot change from "${way.at(-1) ?? 'pending'}" to "${status}"`),
    ]);
    const shown = row((await site.run(['firmware', 'show', version, '--json'])).stdout);
    expect(shown.status).toBe(way.at(-1) ?? 'pending');
  });

  test.each([
    [['completed'], 'rolled_back'],
    [['failed'], 'pending'],
    [['completed', 'rolled_back'], 'pending'],
  ])('after %j allows %s, like the server', async (way, status) => {
    const { code, stderr } = await site.run(['firmware', 'status', await aVersion(...way), status]);
    expect([code, stderr]).toEqual([0, expect.stringContaining(`${way.at(-1)} → ${status}.`)]);
  });

  test('names the allowed next statuses', async () => {
    const { stderr } = await site.run(['firmware', 'status', await aVersion('downloading'), 'completed']);
    expect(stderr).toContain('The next status can be verifying or failed.');
  });

  test('refuses an unknown status and an error that belongs to none with 2, an unknown version with 3', async () => {
    const version = await aVersion();
    const unknown = await site.run(['firmware', 'status', version, 'done']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('pending, downloading, verifying')]);
    expect((await site.run(['firmware', 'status', version, 'downloading', '--error', 'x'])).code).toBe(2);
    expect((await site.run(['firmware', 'status', version, 'failed', '--error', ' '])).code).toBe(2);
    expect((await site.run('firmware status 8.8.8 failed')).code).toBe(3);
  });

  test('of two at once only one moves it', async () => {
    const version = await aVersion();
    // Both have read it before either can write.
    const client = await site.pool.connect();
    await client.query('begin');
    await client.query('select from firmware_updates where version = $1 for update', [version]);
    const runs = ['downloading', 'failed'].map((status) => site.run(['firmware', 'status', version, status]));
    const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
    await until(async () => (await site.pool.query(waiting)).rowCount === 2);
    await client.query('commit');
    client.release();
    expect((await Promise.all(runs)).map(({ code }) => code).sort()).toEqual([0, 4]);
  });
});

describe('firmware update', () => {
  test('records another file as long as the update is pending', async () => {
    const version = await aVersion();
    const words = ['firmware', 'update', version, '--file', at('firmware.bin'), '--json'];
    expect(row((await site.run(words)).stdout)).toMatchObject({ file_hash_sha256: sha256 });
    await site.run(['firmware', 'status', version, 'downloading']);
    const { code, stderr } = await site.run(words);
    expect([code, stderr]).toEqual([4, expect.stringContaining('downloading')]);
    expect((await site.run(['firmware', 'update', version, '--notes', 'still possible'])).code).toBe(0);
  });

  test('refuses nothing to change with 2, and an unknown version with 3', async () => {
    expect((await site.run(['firmware', 'update', await aVersion()])).code).toBe(2);
    expect((await site.run('firmware update 8.8.8 --notes x')).code).toBe(3);
  });
});

test.runIf(layout === 'own')('a version outlives its user', async () => {
  const { username } = await aUser(site);
  expect((await site.run(['firmware', 'register', '3.0.0', '--as', username])).code).toBe(0);
  await site.run(['users', 'delete', username, '--yes']);
  expect(row((await site.run('firmware show 3.0.0 --json')).stdout)).toMatchObject({ user_public_id: null });
});
