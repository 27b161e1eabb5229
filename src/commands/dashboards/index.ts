import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { updateDashboard } from '../../domain/dashboards.ts';
import { defined } from '../../text/defined.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { findPublicId } from '../standard/noun.ts';
import { declareUpdate } from '../standard/update.ts';
import { USERS } from '../users/noun.ts';
import { declareCreate } from './create.ts';
import { DASHBOARDS } from './noun.ts';
import { declareRender } from './render.ts';
import { declareShow } from './show.ts';
import { declareWidgets } from './widgets/index.ts';

export function declareDashboards(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareList(parent, ctx, DASHBOARDS, {
    declare: (command) =>
      command
        .option('--owner <user>', 'only those of this user')
        .option('--global', 'only those visible to all users')
        .option('--no-global', 'only those visible only to their owner'),
    examples: ['--global', '--owner alice'],
    where: async (context, { owner, global }: { owner?: string; global?: boolean }) =>
      defined({ user: await findPublicId(context, USERS, owner), isGlobal: global }),
  });
  declareShow(parent, ctx);
  declareRender(parent, ctx);
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
    values: ({ name, global }: { name?: string; global?: boolean }) => ({ name, isGlobal: global }),
    given: '--name, --global or --no-global',
    update: updateDashboard,
  });
  declareDelete(parent, ctx, DASHBOARDS);
  declareWidgets(parent, ctx);
}
