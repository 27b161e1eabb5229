import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { type UpdateStatus, updateFirmware } from '../../domain/firmware.ts';
import { UPDATE_STATUSES } from '../../entities/index.ts';
import { defined } from '../../text/defined.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { findPublicId } from '../standard/noun.ts';
import { declareShow } from '../standard/show.ts';
import { declareUpdate } from '../standard/update.ts';
import { USERS } from '../users/noun.ts';
import { declareInspect } from './inspect.ts';
import { FIRMWARE } from './noun.ts';
import { type FirmwareOptions, factsOf, firmwareOptions } from './options.ts';
import { declareRegister } from './register.ts';
import { declareStatus } from './status.ts';

export function declareFirmware(parent: Command, ctx: Context): void {
  declareInspect(parent, ctx);
  declareRegister(parent, ctx);
  declareList(parent, ctx, FIRMWARE, {
    declare: (command) =>
      command
        .choice('--status <status>', 'only those with this status', UPDATE_STATUSES)
        .option('--owner <user>', 'only those of this user')
        .option('--no-owner', 'only those without an owner, which the WebMACS server cannot show'),
    examples: ['--status failed', '--owner alice'],
    where: async (context, { status, owner }: { status?: UpdateStatus; owner?: string | false }) =>
      defined({ status, user: owner === false ? null : await findPublicId(context, USERS, owner) }),
  });
  declareShow(parent, ctx, FIRMWARE).description('show one firmware version with all its columns');
  declareUpdate(parent, ctx, FIRMWARE, {
    description: 'change the notes of a firmware version, or its file while the update is pending',
    declareOptions: firmwareOptions,
    examples: [
      ['webmacs firmware update 2.1.0 --notes-file CHANGES.md'],
      ['webmacs firmware update 2.1.0 --file build/webmacs-update-2.1.0.tar.gz'],
    ],
    values: async (options: FirmwareOptions) => await factsOf(ctx, options),
    given: '--notes, --notes-file or --file',
    update: updateFirmware,
  });
  declareStatus(parent, ctx);
  declareDelete(parent, ctx, FIRMWARE).description('delete the record of one firmware version');
}
