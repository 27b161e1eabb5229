import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort, temporaryDirectory } from './program.ts';
import type { Site } from './site.ts';
import { until } from './until.ts';

/** A pgbouncer in transaction mode in front of the server of a site. */
export interface Pooler extends AsyncDisposable {
  /** Runs a command line through it. */
  run: Site['run'];
  urlFor(site: Site, user?: string): string;
  /** What differs, on its connections to the database of the site, from freshly opened ones. */
  leftovers(site: Site): Promise<{ settings: string[]; locks: number }>;
}

/** Settings that pgbouncer keeps apart for each client. */
const TRACKED = ['DateStyle', 'TimeZone', 'application_name', 'client_encoding', 'standard_conforming_strings'];

/** Whether pgbouncer is installed. */
export function hasPgbouncer(): boolean {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @param size how many connections it has to a database, for each role in `roles` */
export async function aPooler(site: Site, size: number, roles: string[] = []): Promise<Pooler> {
  const folder = temporaryDirectory();
  const server = new URL(site.url);
  const socket = server.searchParams.get('host') ?? '';
  const port = await freePort();
  const users = join(folder.path, 'users');
  const settings = join(folder.path, 'pgbouncer.ini');
  writeFileSync(users, [server.username, ...roles].map((role) => `"${role}" ""\n`).join(''));
  writeFileSync(
    settings,
    `[databases]
* = host=${socket} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${size}
query_wait_timeout = 20
`,
  );
  chmodSync(folder.path, 0o755);
  // It refuses to run as root, and only the server's account can reach the server's socket.
  const { uid, gid } = statSync(socket);
  const child = spawn('pgbouncer', ['-q', settings], { uid, gid, stdio: 'ignore' });
  const exited = once(child, 'exit');
  const urlFor = (to: Site, user = server.username) =>
    `postgresql://${user}@127.0.0.1:${port}${new URL(to.url).pathname}?sslmode=disable`;
  const connected = async () => {
    const client = new pg.Client({ connectionString: urlFor(site) });
    client.on('error', () => {});
    return await client.connect().then(
      () => client.end().then(() => true),
      () => false,
    );
  };
  await until(connected);
  return {
    urlFor,
    run: async (line, options = {}) =>
      await site.run(line, { ...options, env: { DATABASE_URL: urlFor(site), ...options.env } }),
    async leftovers(of) {
      const pool = new pg.Pool({ connectionString: urlFor(of), max: size });
      const clients = await Promise.all(Array.from({ length: size }, () => pool.connect()));
      // Each in a transaction, so that none shares a connection with another.
      await Promise.all(clients.map((client) => client.query('begin')));
      const changed = await Promise.all(
        clients.map((client) =>
          client.query(`select name from pg_settings where source = 'session' and name <> all ($1)`, [TRACKED]),
        ),
      );
      const locks = await of.pool.query(
        `select from pg_locks where locktype = 'advisory'
            and database = (select oid from pg_database where datname = current_database())`,
      );
      for (const client of clients) {
        await client.query('rollback');
        client.release();
      }
      await pool.end();
      return { settings: changed.flatMap(({ rows }) => rows.map(({ name }) => name)), locks: locks.rowCount ?? 0 };
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
      folder[Symbol.dispose]();
    },
  };
}
