import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { createDashboard, updateDashboard } from '../../domain/dashboards.ts';
import { confirmCreate } from '../standard/confirm-create.ts';
import { type CreateOptions, createOptions, printMade } from '../standard/create.ts';
import { owner } from '../standard/owner.ts';
import { DASHBOARDS } from './noun.ts';

export function declareCreate(parent: Command, ctx: Context): void {
  parent
    .command('create')
    .argument('<name>', 'name of the dashboard, unique among those of its owner')
    .description('create an empty dashboard')
    .option('--global', 'visible to all users')
    .option('--no-global', 'visible only to its owner (default)')
    .with(createOptions)
    .runs(ctx, defineDashboard)
    .examples(
      ['webmacs dashboards create Overview --global'],
      ['webmacs dashboards create "My rig" --as alice --if-not-exists'],
    );
}

async function defineDashboard(
  ctx: Context,
  name: string,
  options: CreateOptions & { global?: boolean },
): Promise<void> {
  const { publicId, username } = await owner(ctx);
  const definition = { name, isGlobal: options.global === true };
  await confirmCreate(ctx, DASHBOARDS, { ...definition, owner: username });
  const made = await createDashboard(
    await ctx.em(DASHBOARDS.entity),
    definition,
    publicId,
    options.ifNotExists === true,
  );
  await printMade(ctx, DASHBOARDS, made, options, {
    values: () => ({ isGlobal: options.global }),
    update: updateDashboard,
  });
}
