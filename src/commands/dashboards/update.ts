import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { quoted } from '../../cli/text.ts';
import { type DashboardDefinition, updateDashboard } from '../../site/dashboards.ts';
import { changeOf, find, rowOf } from '../standard/noun.ts';
import { argumentHelp } from '../standard/show.ts';
import { DASHBOARDS } from './noun.ts';

export interface UpdateDashboardOptions {
  name?: string;
  global?: boolean;
}

export function declareUpdate(parent: Command, ctx: Context): void {
  const command = parent
    .command('update')
    .argument('<dashboard>', argumentHelp(DASHBOARDS))
    .description('rename a dashboard, or show it to others')
    .option('--name <name>', 'new name')
    .option('--global', 'shown to everybody')
    .option('--no-global', 'shown to its owner alone')
    .action(
      async (dashboard: string, options: UpdateDashboardOptions) => await redefineDashboard(ctx, dashboard, options),
    );
  examples(
    command,
    ['webmacs dashboards update Overview --name "Rig overview"'],
    ['webmacs dashboards update 0198c2aa --no-global'],
  );
}

export async function redefineDashboard(ctx: Context, given: string, options: UpdateDashboardOptions): Promise<void> {
  const change = changeOf<DashboardDefinition>(
    { name: options.name, isGlobal: options.global },
    '--name, --global or --no-global',
  );
  const dashboard = await updateDashboard(await ctx.em(), await find(ctx, DASHBOARDS, given), change);
  await ctx.output.changed(
    ctx.output.success(`Dashboard ${quoted(dashboard.name)} changed.`),
    await rowOf(ctx, DASHBOARDS, dashboard),
  );
}
