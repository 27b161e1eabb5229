import type { PoolConfig } from 'pg';
import pg from 'pg';
import { DATABASE, SUPERUSER } from './embedded-server/cluster.ts';
import { pathsIn } from './embedded-server/directory.ts';
import { runningServer } from './embedded-server/pid-file.ts';
import { driverSettings } from './find-server.ts';
import { identifier } from './sql.ts';
import type { Target } from './target.ts';
import { connectionOf } from './transaction-settings.ts';

/** More are not offered at all: a part of them would have a wrong common start. */
const MAX_NAMES = 5000;

/**
 * Returns the values of a column that start so, on a connection of its own, without the ORM; none if there are more than 5,000.
 * The embedded server is not started.
 * @param signal ends the connection
 * @throws the driver's error
 */
export async function startingNames(
  target: Target,
  { table, column }: { table: string; column: string },
  start: string,
  signal: AbortSignal,
): Promise<string[]> {
  const settings = target.kind === 'server' ? await driverSettings(target) : embeddedSettings(target.directory);
  if (!settings || signal.aborted) {
    return [];
  }
  const { Client = pg.Client, ...config } = settings;
  const client = new Client(config);
  // A connection that breaks is noticed by the query.
  client.on('error', () => {});
  signal.addEventListener('abort', () => connectionOf(client).stream.destroy());
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `select ${identifier(column)} as name from ${identifier(table)} where starts_with(${identifier(column)}, $1) limit $2`,
    [start, MAX_NAMES + 1],
  );
  connectionOf(client).stream.destroy();
  return rows.length > MAX_NAMES ? [] : rows.map(({ name }) => name);
}

function embeddedSettings(directory: string): PoolConfig | undefined {
  const server = runningServer(pathsIn(directory));
  return server?.state === 'ready' && server.socketDirectory !== undefined
    ? { host: server.socketDirectory, port: server.port, user: SUPERUSER, database: DATABASE, ssl: false }
    : undefined;
}
