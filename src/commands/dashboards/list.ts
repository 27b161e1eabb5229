import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { User } from '../../entities/index.ts';
import { widgetCounts } from '../../site/dashboards.ts';
import { declareList } from '../standard/list.ts';
import { find } from '../standard/noun.ts';
import { USERS } from '../users/noun.ts';
import { DASHBOARDS } from './noun.ts';

export interface DashboardListOptions {
  owner?: string;
  global?: boolean;
}

export function declareDashboardList(parent: Command, ctx: Context): void {
  declareList(parent, ctx, DASHBOARDS, {
    declare: (command) => {
      command
        .option('--owner <user>', 'only those of this user')
        .option('--global', 'only those that everybody sees')
        .option('--no-global', 'only those that their owner alone sees');
    },
    where: async (context, { owner, global }: DashboardListOptions) => ({
      ...(owner === undefined ? {} : { userPublicId: (await find(context, USERS, owner)).publicId }),
      ...(global === undefined ? {} : { isGlobal: global }),
    }),
    extend: {
      columns: ['owner', 'widgets'],
      rows: async (em, dashboards) => {
        const owners = await em.find(User, { publicId: { $in: dashboards.map(({ userPublicId }) => userPublicId) } });
        const names = new Map(owners.map(({ publicId, username }) => [publicId, username]));
        const counts = await widgetCounts(em, dashboards);
        return dashboards.map(({ id, userPublicId }) => ({
          owner: names.get(userPublicId) ?? null,
          widgets: counts.get(id) ?? 0,
        }));
      },
    },
  });
}
