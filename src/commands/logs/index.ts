import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { logFilter, usernamesOf } from '../../site/logs.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { declareAdd } from './add.ts';
import { LOGS, type LogOptions, logOptions, logSelection } from './noun.ts';
import { declareLogsPrune } from './prune.ts';
import { declareRead } from './read.ts';
import { declareTail } from './tail.ts';

/** Declares the commands on the log of the site. */
export function declareLogs(parent: Command, ctx: Context): void {
  declareList(parent, ctx, LOGS, {
    declare: logOptions,
    where: async (context, options: LogOptions) => logFilter(await logSelection(context, options)),
    extend: {
      columns: ['user'],
      rows: async (em, entries) => {
        const names = await usernamesOf(em, entries);
        return entries.map(({ userPublicId }) => ({ user: names.get(userPublicId) ?? null }));
      },
    },
  });
  declareTail(parent, ctx);
  declareShow(parent, ctx, LOGS);
  declareAdd(parent, ctx);
  declareRead(parent, ctx);
  declareDelete(parent, ctx, LOGS);
  declareLogsPrune(parent, ctx);
}
