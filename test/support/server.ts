import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statfsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { acquireServer } from '../../src/database/embedded-server/server.ts';
import { LAYOUTS, type LayoutName } from '../../src/database/layouts/layouts.ts';
import { identifier } from '../../src/database/sql.ts';
import { createTables } from './layout-tables.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection string of the test server's maintenance database. */
    serverUrl: string;
    /** The layout under test, which is also the name of the database with all tables to clone. */
    layout: LayoutName;
  }
}

/**
 * The data need not survive a crash of the machine, and waiting for the disk takes a third of the time. No test depends on an
 * autovacuum, which comes once per minute.
 */
const FAST = ['fsync = off', 'full_page_writes = off', 'synchronous_commit = off', 'autovacuum = off'];

/** Linux keeps its files in memory. */
const IN_MEMORY = '/dev/shm';
const ROOM = 4 * 2 ** 30;

/**
 * Returns where the run may have its files: the given TMPDIR, or memory that has room and may hold programs, in which a
 * database is cloned in a tenth of the processor time that a disk's file system takes.
 */
function placeOfRun(): string {
  if (process.env.TMPDIR || !existsSync('/proc/mounts')) {
    return tmpdir();
  }
  const [, options] = / \/dev\/shm tmpfs (\S+)/.exec(readFileSync('/proc/mounts', 'utf8')) ?? [];
  if (options === undefined || options.split(',').includes('noexec') || process.availableMemory() < 2 * ROOM) {
    return tmpdir();
  }
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  return bavail * bsize > ROOM ? IN_MEMORY : tmpdir();
}

/**
 * Starts one embedded server for the whole run, with a database per layout for the test files to clone. Everything that the
 * run creates, including temporary files of the tests, is in one directory, which is removed with every server in it when the
 * run ends in any way.
 */
export default async function setup(project: Pick<TestProject, 'provide'>): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(placeOfRun(), 'webmacs-tests-'));
  // For root the server runs as another user, which needs access.
  await chmod(directory, 0o711);
  const end = startSweeper(directory);
  const server = await acquireServer(join(directory, 'server'), { environment: { PATH: process.env.PATH } });
  const { host, port, user } = server.connection;
  const urlOf = (database: string) =>
    `postgresql://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
  const client = new pg.Client({ connectionString: urlOf('postgres') });
  await client.connect();
  for (const setting of FAST) {
    await client.query(`alter system set ${setting}`);
  }
  await client.query('select pg_reload_conf()');
  for (const layout of Object.keys(LAYOUTS)) {
    await client.query(`create database ${identifier(layout)}`);
  }
  await client.end();
  for (const layout of Object.values(LAYOUTS)) {
    await createTables(urlOf(layout.name), layout.name);
  }
  project.provide('serverUrl', urlOf('postgres'));
  process.env.TMPDIR = join(directory, 't');
  mkdirSync(process.env.TMPDIR, { mode: 0o711 });
  return async () => {
    await server.release();
    await end();
  };
}

/** Starts the process that cleans up the directory after this one exits; the returned function does so now. */
function startSweeper(directory: string): () => Promise<void> {
  const program = fileURLToPath(new URL('./sweep.ts', import.meta.url));
  // In a separate process group: a signal that kills the group of the tests does not reach it.
  const child = spawn(process.execPath, [program, directory], { detached: true, stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  return async () => {
    child.stdin?.end();
    await ended;
  };
}
