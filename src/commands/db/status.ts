import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted } from '../../cli/text.ts';
import { migrationNames } from '../../database/schema/migrations.ts';
import { serverRevision } from '../../database/schema/owner.ts';
import { executedMigrations } from '../../database/schema/status.ts';
import { CheckFailedError } from '../../errors.ts';

export function declareStatus(parent: Command, ctx: Context): void {
  parent
    .command('status')
    .description('show which migrations have run, and which are pending')
    .option('--exit-code', 'exit 6 if one is pending')
    .runs(ctx, showStatus)
    .examples(['webmacs db status'], ['webmacs db status --exit-code --quiet || webmacs db migrate']);
}

async function showStatus(ctx: Context, options: { exitCode?: boolean }): Promise<void> {
  const database = await ctx.databaseAsIs();
  const { orm, em, where, layout } = database;
  if (layout.owner === 'server') {
    const revision = await serverRevision(database);
    const rows = revision === null ? [] : [{ name: revision, status: 'applied', executed_on: null }];
    await ctx.output.list(rows, ['name', 'status', 'executed_on']);
    return await ctx.output.say(`The schema of ${where} belongs to the WebMACS server (layout "${layout.name}").`);
  }
  const executed = await executedMigrations(em);
  const known = migrationNames(orm);
  const unknown = [...executed.keys()].filter((name) => !known.includes(name));
  const rows = [
    ...known.map((name) => ({
      name,
      status: executed.has(name) ? 'applied' : 'pending',
      executed_on: executed.get(name) ?? null,
    })),
    ...unknown.map((name) => ({ name, status: 'unknown', executed_on: executed.get(name) ?? null })),
  ];
  await ctx.output.list(rows, ['name', 'status', 'executed_on']);
  const pending = rows.filter(({ status }) => status === 'pending').length;
  if (pending > 0 && options.exitCode) {
    throw new CheckFailedError(`${counted(pending, 'migration')} pending.`, { hint: 'Run "webmacs db migrate".' });
  }
}
