import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { declareBackup } from './backup/index.ts';
import { declareCheck } from './check.ts';
import { declareGenerate } from './generate.ts';
import { declareInfo } from './info.ts';
import { declareMaintain } from './maintain.ts';
import { declareMigrate } from './migrate.ts';
import { declareRestore } from './restore.ts';
import { declareRollback } from './rollback.ts';
import { declareServer } from './server.ts';
import { declareStamp } from './stamp.ts';
import { declareStatus } from './status.ts';
import { declareStorage } from './storage/index.ts';

export function declareDb(parent: Command, ctx: Context): void {
  declareMigrate(parent, ctx);
  declareRollback(parent, ctx);
  declareStatus(parent, ctx);
  declareGenerate(parent, ctx);
  declareCheck(parent, ctx);
  declareStamp(parent, ctx);
  declareInfo(parent, ctx);
  declareMaintain(parent, ctx);
  declareStorage(parent, ctx);
  declareBackup(parent, ctx);
  declareRestore(parent, ctx);
  declareServer(parent, ctx);
}
