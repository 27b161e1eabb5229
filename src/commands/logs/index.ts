import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { logFilter } from '../../domain/logs.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { declareAdd } from './add.ts';
import { LOGS, type LogOptions, logOptions, logSelection } from './noun.ts';
import { declareLogsPrune } from './prune.ts';
import { declareRead } from './read.ts';
import { declareTail } from './tail.ts';

export function declareLogs(parent: Command, ctx: Context): void {
  declareAdd(parent, ctx);
  declareList(parent, ctx, LOGS, {
    declare: logOptions,
    examples: ['--type error --from yesterday'],
    where: async (context, options: LogOptions) => logFilter(await logSelection(context, options)),
  });
  declareTail(parent, ctx);
  declareShow(parent, ctx, LOGS);
  declareRead(parent, ctx);
  declareDelete(parent, ctx, LOGS);
  declareLogsPrune(parent, ctx);
}
