import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { embeddedDirectory } from '../../../src/database/embedded-server/directory.ts';
import { acquireServer } from '../../../src/database/embedded-server/server.ts';
import { baseDirectory } from '../../../src/environment.ts';
import { DatabaseError } from '../../../src/errors.ts';
import { isRoot, madePlace, Place, query, withServer } from './place.ts';

/** How the start fails, which must be with a sentence. */
async function failure(place: Place): Promise<string> {
  const error = await acquireServer(place.directory).then(
    async (lease) => await lease.release(),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DatabaseError);
  return error instanceof DatabaseError ? `${error.message} ${error.hint}` : '';
}

test('a data directory of another major version is refused', async () => {
  using place = await madePlace();
  await withServer(place, async () => {});
  writeFileSync(join(place.paths.data, 'PG_VERSION'), '16\n');
  expect(await failure(place)).toMatch(
    /was created by PostgreSQL 16; this program includes 17\. Dump it with PostgreSQL 16/,
  );
});

test('a data directory without PG_VERSION is refused, and not touched', async () => {
  using place = await madePlace();
  await withServer(place, async () => {});
  rmSync(join(place.paths.data, 'PG_VERSION'));
  expect(await failure(place)).toMatch(/is not a PostgreSQL data directory: it has no PG_VERSION/);
  expect(existsSync(join(place.paths.data, 'base'))).toBe(true);
});

test('a file where the directory should be is named', async () => {
  using place = new Place();
  writeFileSync(place.directory, '');
  expect(await failure(place)).toContain(`${place.directory}, for the embedded database, cannot be created`);
});

test('a server directory that is accessible to others is refused', async () => {
  using place = await madePlace();
  await withServer(place, async () => {});
  chmodSync(place.paths.home, 0o755);
  expect(await failure(place)).toMatch(/is accessible to other users.*chmod 700/);
});

test('a directory in which everybody may write is refused', async () => {
  using place = new Place();
  mkdirSync(place.directory);
  chmodSync(place.directory, 0o1777);
  expect(await failure(place)).toMatch(/is accessible to other users.*chmod o-w/);
});

test.runIf(isRoot)('root runs the server under the account that owns the files', async () => {
  using place = await madePlace();
  await withServer(place, async () => {});
  const { uid } = statSync(place.paths.home);
  const other = uid === 65534 ? 1 : 65534;
  execFileSync('chown', ['-R', `${other}:${other}`, place.paths.home]);
  await withServer(place, async () => expect(statSync(`/proc/${place.status.pid}`).uid).toBe(other));
});

test.runIf(isRoot)('another user sees who owns the server directory', async () => {
  using place = await madePlace();
  await withServer(place, async () => {});
  const program = `import('${new URL('../../../src/database/embedded-server/server.ts', import.meta.url).pathname}')
    .then(({ acquireServer }) => acquireServer('${place.directory}')).catch((error) => console.log(error.message))`;
  const asNobody = () =>
    spawnSync(process.execPath, ['-e', program], { uid: 65534, gid: 65534, encoding: 'utf8', cwd: '/' });
  chownSync(place.paths.home, 1, 1);
  expect(asNobody().stdout).toMatch(/17 belongs to \w+, so the embedded database is not safe in it/);
  chownSync(place.directory, 65534, 65534);
  rmSync(place.paths.home, { recursive: true });
  mkdirSync(place.paths.home);
  expect(asNobody().stdout).toMatch(/17 belongs to root, so the embedded database is not safe in it/);
});

test.runIf(isRoot)("a directory above that keeps the server's account out is named", async () => {
  using place = new Place('closed');
  mkdirSync(dirname(place.directory), { mode: 0o700 });
  expect(await failure(place)).toMatch(/The account \w+, which runs PostgreSQL for root, cannot reach/);
});

test.runIf(isRoot)('an empty directory that is closed is opened', async () => {
  using place = new Place();
  mkdirSync(place.directory, { mode: 0o700 });
  await withServer(place, async (at) => expect(await query(at, 'select 1')).toEqual([1]));
});

test('a directory given by a symbolic link works', async () => {
  using place = new Place();
  mkdirSync(join(place.root, 'real'), { mode: 0o755 });
  symlinkSync(join(place.root, 'real'), place.directory);
  await withServer(place, async (at) => expect(await query(at, 'select 1')).toEqual([1]));
});

const canMount = isRoot && spawnSync('unshare', ['--mount', 'true']).status === 0;

test.runIf(canMount)('a full disk is named, and leaves nothing half made', async () => {
  using place = new Place();
  mkdirSync(place.directory);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m,mode=711', 'tmpfs', place.directory]);
  try {
    expect(await failure(place)).toMatch(/No space left on device.*The disk is full/);
    expect(readdirSync(place.directory)).toEqual(['17']);
    expect(readdirSync(place.paths.home)).toEqual(['socket']);
  } finally {
    execFileSync('umount', [place.directory]);
  }
});

test('too long a path for a socket gets a short private directory', async () => {
  using place = await madePlace('a'.repeat(100));
  await withServer(place, async ({ host, ...at }) => {
    expect(host).toMatch(/\/webmacs-\d+-[0-9a-f]{12}$/);
    expect(statSync(host).mode & 0o777).toBe(0o700);
    expect(await query({ host, ...at }, 'select 1')).toEqual([1]);
  });
});

test('a short socket directory that another user has created first is refused', async () => {
  using place = new Place('a'.repeat(100));
  mkdirSync(place.paths.socket, { mode: 0o700 });
  if (isRoot) {
    chownSync(place.paths.socket, 1, 1);
  } else {
    chmodSync(place.paths.socket, 0o777);
  }
  expect(await failure(place)).toMatch(/so the embedded database is not safe in it/);
});

test('a symbolic link in the place of the short socket directory is refused', async () => {
  using place = new Place('a'.repeat(100));
  symlinkSync(place.root, place.paths.socket);
  expect(await failure(place)).toMatch(/is not a directory, so the embedded database is not safe in it/);
});

test("the directory is the chosen one, else that of the XDG specification, else root's", () => {
  expect(embeddedDirectory({ WEBMACS_DATA_DIR: 'here' }, 1000)).toBe(join(process.cwd(), 'here'));
  expect(embeddedDirectory({ HOME: '/home/ada' }, 0)).toBe('/var/lib/webmacs');
  expect(embeddedDirectory({ XDG_DATA_HOME: '/data' }, 0)).toBe('/data/webmacs');
  expect(embeddedDirectory({ XDG_DATA_HOME: 'data' }, 0)).toBe('/var/lib/webmacs');
  expect(embeddedDirectory({ HOME: '/home/ada', XDG_DATA_HOME: '/data' }, 1000)).toBe('/data/webmacs');
  expect(embeddedDirectory({ HOME: '/home/ada', XDG_DATA_HOME: 'data' }, 1000)).toBe('/home/ada/.local/share/webmacs');
});

test('a relative directory is none: the specification has it ignored', () => {
  expect(baseDirectory({ XDG_RUNTIME_DIR: 'run' }, 'XDG_RUNTIME_DIR')).toBe(undefined);
  expect(baseDirectory({ XDG_RUNTIME_DIR: '' }, 'XDG_RUNTIME_DIR')).toBe(undefined);
  expect(baseDirectory({ XDG_RUNTIME_DIR: '/run/user/7' }, 'XDG_RUNTIME_DIR')).toBe('/run/user/7');
});
