import type { Command } from '../cli/command.ts';
import type { Context } from '../cli/context.ts';
import { WebmacsError } from '../errors.ts';
import { VERSION } from '../version.ts';

export function declareVersion(command: Command, ctx: Context): void {
  command.runs(ctx, version).examples(['webmacs version --json']);
}

/** Prints the versions of program, Node, server and schema; the last two are null if no server answers. */
async function version(ctx: Context): Promise<void> {
  const { server, migration } = await serverSide(ctx);
  await ctx.output.one({ program: VERSION, node: process.versions.node, server, migration });
}

async function serverSide(ctx: Context): Promise<{ server: string | null; migration: string | null }> {
  const { target } = ctx.configuration.database();
  if (target.kind === 'embedded') {
    const { serverStatus } = await import('../database/embedded-server/server.ts');
    if (!serverStatus(target.directory).running) {
      // Printing the version must not create a database.
      return { server: null, migration: null };
    }
  }
  try {
    const database = await ctx.databaseAsIs();
    const { serverVersion } = await import('../database/info.ts');
    const { latestMigration } = await import('../database/schema/owner.ts');
    return { server: await serverVersion(database.em), migration: await latestMigration(database) };
  } catch (error) {
    if (!(error instanceof WebmacsError)) {
      throw error;
    }
    await ctx.output.warn(error.message);
    return { server: null, migration: null };
  }
}
