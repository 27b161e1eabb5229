import { Argument } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { quoted } from '../../cli/text.ts';
import { moveFirmware } from '../../domain/firmware.ts';
import { UPDATE_STATUSES } from '../../entities/index.ts';
import { rowArgument } from '../standard/choices.ts';
import { find, rowOf } from '../standard/noun.ts';
import { FIRMWARE } from './noun.ts';

const TRANSITIONS = `
An update goes through pending, downloading, verifying, applying and completed, or from pending to completed at once, as
when the server applies it. Until it is completed it can change to failed; after that, to rolled_back. From failed or
rolled_back it can change to pending, to be tried again; its times and its error stay until then.`;

export function declareStatus(parent: Command, ctx: Context): void {
  parent
    .command('status')
    .addArgument(rowArgument(ctx, FIRMWARE))
    .addArgument(new Argument('<status>', 'the next status').choices([...UPDATE_STATUSES]))
    .description('change the status of an update, one step at a time')
    .option('--error <text>', 'why it failed or was rolled back')
    .runs(ctx, move)
    .note(TRANSITIONS)
    .examples(
      ['webmacs firmware status 2.1.0 downloading'],
      ['webmacs firmware status 2.1.0 failed --error "checksum differs"'],
    );
}

async function move(ctx: Context, given: string, status: string, { error }: { error?: string }): Promise<void> {
  const before = await find(ctx, FIRMWARE, given);
  const after = await moveFirmware(await ctx.em(FIRMWARE.entity), before, status, error, ctx.now());
  await ctx.output.changed(
    ctx.output.success(`Firmware ${quoted(after.version)}: ${before.status} → ${after.status}.`),
    await rowOf(ctx, FIRMWARE, after),
  );
}
