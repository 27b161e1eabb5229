import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { UpdateStatus } from '../../domain/firmware.ts';
import { UPDATE_STATUSES } from '../../entities/index.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { FIRMWARE } from './noun.ts';
import { declareRegister } from './register.ts';
import { declareStatus } from './status.ts';
import { declareFirmwareUpdate } from './update.ts';

/** Declares the commands on firmware versions. */
export function declareFirmware(parent: Command, ctx: Context): void {
  declareRegister(parent, ctx);
  declareList(parent, ctx, FIRMWARE, {
    declare: (command) => {
      command.choice('--status <status>', 'only those with this status', UPDATE_STATUSES);
    },
    where: async (_ctx, { status }: { status?: UpdateStatus }) => (status ? { status } : {}),
  });
  declareShow(parent, ctx, FIRMWARE).description('show one firmware version with all its columns');
  declareFirmwareUpdate(parent, ctx);
  declareStatus(parent, ctx);
  declareDelete(parent, ctx, FIRMWARE).description('delete the record of one firmware version');
}
