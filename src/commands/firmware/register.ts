import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { checkVersion, firmwareColumns, registerFirmware, updateFirmware } from '../../domain/firmware.ts';
import { InvalidInputError } from '../../errors.ts';
import { type CreateOptions, createOptions, createRow } from '../standard/create.ts';
import { owner } from '../standard/owner.ts';
import { FIRMWARE } from './noun.ts';
import { type FirmwareOptions, factsOf, firmwareOptions } from './options.ts';

export function declareRegister(parent: Command, ctx: Context): void {
  parent
    .command('register')
    .argument('[version]', 'MAJOR.MINOR.PATCH, unique; default: that of the bundle')
    .description('record a firmware version with a pending update')
    .with(createOptions)
    .runs(ctx, register)
    .with(firmwareOptions)
    .examples(
      ['webmacs firmware register --file webmacs-update-2.1.0.tar.gz', 'version and notes from its manifest'],
      ['webmacs firmware register 2.1.0 --file firmware.bin --notes "Fixes the valve driver"'],
      ['webmacs firmware register 2.1.0 --notes-file CHANGES.md --if-not-exists'],
    );
}

async function register(
  ctx: Context,
  given: string | undefined,
  options: CreateOptions & FirmwareOptions,
): Promise<void> {
  const facts = given === undefined ? await factsOf(ctx, options) : undefined;
  const version = given ?? facts?.file?.bundle?.version;
  if (version === undefined) {
    throw new InvalidInputError('Missing: the version.', {
      hint: 'Pass it as an argument, or --file with an update bundle, a .tar.gz.',
    });
  }
  const insert = async () => {
    // Checked before a large file is read.
    checkVersion(version);
    const { publicId } = await owner(ctx);
    return await registerFirmware(
      await ctx.em(FIRMWARE.entity),
      version,
      facts ?? (await factsOf(ctx, options)),
      publicId,
    );
  };
  await createRow(ctx, FIRMWARE, version, options, insert, {
    values: async () => firmwareColumns(facts ?? (await factsOf(ctx, options))),
    update: async (em, before, { userPublicId }) =>
      await updateFirmware(em, before, { ...(facts ?? (await factsOf(ctx, options))), userPublicId }),
  });
}
