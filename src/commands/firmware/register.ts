import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { checkVersion, registerFirmware } from '../../domain/firmware.ts';
import { type CreateOptions, createRow, IF_NOT_EXISTS } from '../standard/create.ts';
import { owner } from '../standard/owner.ts';
import { FIRMWARE } from './noun.ts';
import { type FirmwareOptions, factsOf, firmwareOptions } from './options.ts';

export function declareRegister(parent: Command, ctx: Context): void {
  parent
    .command('register')
    .argument('<version>', 'MAJOR.MINOR.PATCH, unique')
    .description('record a firmware version with a pending update')
    .option(...IF_NOT_EXISTS)
    .runs(ctx, register)
    .with(firmwareOptions)
    .examples(
      ['webmacs firmware register 2.1.0 --file firmware-2.1.0.tar.gz --notes "Fixes the valve driver"'],
      ['webmacs firmware register 2.1.0 --notes-file CHANGES.md --if-not-exists'],
    );
}

async function register(ctx: Context, version: string, options: CreateOptions & FirmwareOptions): Promise<void> {
  await createRow(ctx, FIRMWARE, version, options, async () => {
    // Checked before a large file is read.
    checkVersion(version);
    const { publicId } = await owner(ctx);
    return await registerFirmware(await ctx.em(), version, await factsOf(ctx, options), publicId);
  });
}
