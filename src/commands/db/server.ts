import { InvalidArgumentError } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { wholeNumber } from '../../cli/parse.ts';
import { DATABASE, SUPERUSER } from '../../database/embedded-server/cluster.ts';
import { DEFAULT_PORT } from '../../database/embedded-server/postmaster.ts';
import { type ServerStatus, serverStatus } from '../../database/embedded-server/server.ts';
import { DatabaseError } from '../../errors.ts';

/** Declares `start`, `stop` and `url`: the embedded server for other clients. */
export function declareServer(parent: Command, ctx: Context): void {
  parent
    .command('start')
    .description('keep the embedded server running for other clients, such as psql')
    .option('--port <port>', 'also listen on this TCP port of the loopback interface, with a password', tcpPort)
    .runs(ctx, start)
    .examples(['webmacs db start && psql "$(webmacs db url)"'], ['webmacs db start --port 5433']);
  parent
    .command('stop')
    .description('stop the embedded server when its clients have disconnected')
    .option('--force', 'disconnect its clients')
    .runs(ctx, stop)
    .examples(['webmacs db stop']);
  parent
    .command('url')
    .description('print the connection string of the embedded server that "db start" keeps running')
    .option('--show-password', 'include the password, if the server has a port')
    .runs(ctx, url)
    .examples(['psql "$(webmacs db url)"']);
}

async function start(ctx: Context, { port }: { port?: number }): Promise<void> {
  const { startServer } = await import('../../database/embedded-server/start-stop.ts');
  const status = await ctx.progress('Starting', async () =>
    startServer(ctx.embeddedDirectory, port, {
      environment: ctx.environment,
      onProgress: (message) => void ctx.output.say(message),
    }),
  );
  const at = port === undefined ? 'on its socket' : `on port ${port} of the loopback interface`;
  const message = ctx.output.success(`The embedded server keeps running ${at}; "webmacs db stop" stops it.`);
  await ctx.output.done(message, { ...status, url: urlOf(status) });
}

async function stop(ctx: Context, { force = false }: { force?: boolean }): Promise<void> {
  const { stopServer } = await import('../../database/embedded-server/start-stop.ts');
  const pid = await ctx.progress('Stopping', async () =>
    stopServer(ctx.embeddedDirectory, force, STOP_TIMEOUT_MILLISECONDS),
  );
  const message =
    pid === null ? 'The embedded server is not running.' : ctx.output.success('The embedded server has stopped.');
  await ctx.output.done(message, { stopped: pid !== null });
}

async function url(ctx: Context, { showPassword = false }: { showPassword?: boolean }): Promise<void> {
  const status = serverStatus(ctx.embeddedDirectory);
  if (!status.running || !status.kept) {
    throw new DatabaseError('The embedded server is not kept running.', { hint: 'Run "webmacs db start" first.' });
  }
  const { serverPassword } = await import('../../database/embedded-server/start-stop.ts');
  const password = showPassword ? serverPassword(ctx.embeddedDirectory) : undefined;
  await ctx.output.text(`${urlOf(status, password)}\n`);
}

const STOP_TIMEOUT_MILLISECONDS = 10_000;

function urlOf({ port, socket_directory: socket }: ServerStatus, password?: string): string {
  return port === null
    ? `postgresql://${SUPERUSER}@/${DATABASE}?host=${encodeURIComponent(socket)}&port=${DEFAULT_PORT}`
    : `postgresql://${SUPERUSER}${password ? `:${password}` : ''}@127.0.0.1:${port}/${DATABASE}`;
}

function tcpPort(text: string): number {
  const port = wholeNumber(text);
  if (port < 1024 || port > 65535) {
    throw new InvalidArgumentError('It must be a port from 1024 to 65535.');
  }
  return port;
}
