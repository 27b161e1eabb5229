import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { updateDashboard } from '../../domain/dashboards.ts';
import { declareUpdate } from '../standard/update.ts';
import { DASHBOARDS } from './noun.ts';

export interface UpdateDashboardOptions {
  name?: string;
  global?: boolean;
}

export function declareDashboardUpdate(parent: Command, ctx: Context): void {
  declareUpdate(parent, ctx, DASHBOARDS, {
    description: 'rename a dashboard, or change who sees it',
    declareOptions: (command) =>
      command
        .option('--name <name>', 'new name')
        .option('--global', 'visible to all users')
        .option('--no-global', 'visible only to its owner'),
    examples: [
      ['webmacs dashboards update Overview --name "Rig overview"'],
      ['webmacs dashboards update 0198c2aa --no-global'],
    ],
    values: ({ name, global }: UpdateDashboardOptions) => ({ name, isGlobal: global }),
    given: '--name, --global or --no-global',
    update: updateDashboard,
  });
}
