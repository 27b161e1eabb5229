import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
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
      ...(owner === undefined ? {} : { user: (await find(context, USERS, owner)).publicId }),
      ...(global === undefined ? {} : { isGlobal: global }),
    }),
  });
}
