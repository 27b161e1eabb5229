import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { updateFirmware } from '../../domain/firmware.ts';
import { declareUpdate } from '../standard/update.ts';
import { FIRMWARE } from './noun.ts';
import { type FirmwareOptions, factsOf, firmwareOptions } from './options.ts';

export function declareFirmwareUpdate(parent: Command, ctx: Context): void {
  declareUpdate(parent, ctx, FIRMWARE, {
    description: 'change the notes of a firmware version, or its file while the update is pending',
    declareOptions: firmwareOptions,
    examples: [
      ['webmacs firmware update 2.1.0 --notes-file CHANGES.md'],
      ['webmacs firmware update 2.1.0 --file build/firmware.tar.gz'],
    ],
    values: async (options: FirmwareOptions) => await factsOf(ctx, options),
    given: '--notes, --notes-file or --file',
    update: updateFirmware,
  });
}
