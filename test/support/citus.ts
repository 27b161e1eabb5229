import pg from 'pg';
import { identifier } from '../../src/database/sql.ts';
import { distribute, undistribute } from '../../src/storage/distribute.ts';
import type { Site } from './site.ts';
import { until } from './until.ts';

/** Lets an empty database use all servers that the maintenance database of its coordinator knows. */
export async function onAllServers<Empty extends Pick<Site, 'url' | 'pool'> & AsyncDisposable>(
  serverUrl: string,
  site: Empty,
): Promise<Empty> {
  const database = new URL(site.url).pathname.slice(1);
  const workers = await inDatabase(
    serverUrl,
    `select nodename as host, nodeport as port from pg_dist_node where noderole = 'primary' and groupid <> 0`,
  );
  const urlOf = ({ host, port }: Record<string, unknown>, name: string) => {
    const url = new URL(serverUrl);
    [url.hostname, url.port, url.pathname] = [String(host), String(port), name];
    return url.href;
  };
  for (const worker of workers) {
    await inDatabase(urlOf(worker, 'postgres'), `create database ${identifier(database)}`);
    await inDatabase(urlOf(worker, database), 'create extension citus');
  }
  const { hostname, port } = new URL(serverUrl);
  await site.pool.query('create extension citus');
  await site.pool.query('select citus_set_coordinator_host($1, $2::int)', [hostname, port]);
  for (const worker of workers) {
    // It changes roles of the worker, which tests of other databases may be doing at that moment, too.
    const add = async () => await site.pool.query('select citus_add_node($1, $2)', [worker.host, worker.port]);
    await until(() => add().then(Boolean, (error) => !error.message.includes('essential') && Promise.reject(error)));
  }
  return {
    ...site,
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      for (const worker of workers) {
        // What maintains it for Citus connects again and again.
        const drop = async () =>
          await inDatabase(urlOf(worker, 'postgres'), `drop database ${identifier(database)} with (force)`);
        await until(
          async () =>
            await drop().then(
              () => true,
              (error: { code?: string }) => error.code !== '55006' && Promise.reject(error),
            ),
        );
      }
    },
  };
}

/** Converts to several servers or back, and calls `onStep` before each step. */
export async function convertTo(
  form: 'distributed' | 'plain',
  { pool }: Pick<Site, 'pool'>,
  onStep: (step: string) => Promise<void>,
  onRows = () => {},
): Promise<boolean> {
  const { rows } = await pool.query<{ table: string }>(
    `select relname as table from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
        and relname in ('users', 'events', 'experiments', 'datapoints') order by relname = 'datapoints', relname <> 'users'`,
  );
  const tables = rows.map(({ table }) => table);
  const options = { tables, lockTimeoutSeconds: 10, signal: new AbortController().signal, onStep, onRows };
  return await (form === 'plain' ? undistribute(pool, options) : distribute(pool, { ...options, shards: 8 }));
}

async function inDatabase(connectionString: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
