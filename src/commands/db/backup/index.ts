import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { declareCreate } from './create.ts';
import { declareList } from './list.ts';
import { declareVerify } from './verify.ts';

export function declareBackup(parent: Command, ctx: Context): void {
  const backup = parent.command('backup');
  declareCreate(backup, ctx);
  declareVerify(backup, ctx);
  declareList(backup, ctx);
}
