import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { declareCitus } from './citus.ts';
import { declareExtend } from './extend.ts';
import { declarePartition } from './partition.ts';
import { declarePlain } from './plain.ts';
import { declareSplit } from './split.ts';
import { declareStatus } from './status.ts';
import { declareTimescale } from './timescale.ts';
import { declareWiden } from './widen.ts';

export function declareStorage(parent: Command, ctx: Context): void {
  const storage = parent
    .command('storage')
    .description('how datapoints are stored: in one table, in partitions, or by an extension')
    .examples(
      ['webmacs db storage status', 'what is to be done, and what it takes'],
      ['webmacs db storage partition --dry-run'],
    );
  declareStatus(storage, ctx);
  declarePartition(storage, ctx);
  declareSplit(storage, ctx);
  declareExtend(storage, ctx);
  declareTimescale(storage, ctx);
  declareCitus(storage, ctx);
  declarePlain(storage, ctx);
  declareWiden(storage, ctx);
}
