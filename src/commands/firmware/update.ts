import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { quoted } from '../../cli/text.ts';
import { type FirmwareFacts, updateFirmware } from '../../site/firmware.ts';
import { changeOf, find, rowOf } from '../standard/noun.ts';
import { argumentHelp } from '../standard/show.ts';
import { FIRMWARE } from './noun.ts';
import { type FirmwareOptions, factsOf, firmwareOptions } from './options.ts';

export function declareUpdate(parent: Command, ctx: Context): void {
  const command = parent
    .command('update')
    .argument('<firmware>', argumentHelp(FIRMWARE))
    .description('change the notes of a firmware version, or its file while the update is pending')
    .action(async (given: string, options: FirmwareOptions) => await rewrite(ctx, given, options));
  examples(
    firmwareOptions(command),
    ['webmacs firmware update 2.1.0 --notes-file CHANGES.md'],
    ['webmacs firmware update 2.1.0 --file build/firmware.tar.gz'],
  );
}

export async function rewrite(ctx: Context, given: string, options: FirmwareOptions): Promise<void> {
  const firmware = await find(ctx, FIRMWARE, given);
  const facts = changeOf<FirmwareFacts>(await factsOf(ctx, options), '--notes, --notes-file or --file');
  const changed = await updateFirmware(await ctx.em(), firmware, facts);
  await ctx.output.changed(
    ctx.output.success(`Firmware ${quoted(changed.version)} changed.`),
    await rowOf(ctx, FIRMWARE, changed),
  );
}
