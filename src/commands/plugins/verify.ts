import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { counted } from '../../cli/text.ts';
import { CheckFailedError } from '../../errors.ts';
import { verifyPackages } from '../../plugins/verify.ts';
import { lockOf } from '../db/lock.ts';
import { type DirectoryOption, directoryOf, directoryOption } from './place.ts';

export interface VerifyOptions extends DirectoryOption {
  python?: string;
}

export function declareVerify(parent: Command, ctx: Context): void {
  const command = parent
    .command('verify')
    .argument('[name]', 'name of the package; all of them where left out')
    .description('compare packages with their files, and with a Python; exit 6 where they differ')
    .option('--python <path>', 'compare with what is installed in this Python as well')
    .action(async (name: string | undefined, options: VerifyOptions) => await verify(ctx, name, options));
  examples(
    directoryOption(command),
    ['webmacs plugins verify'],
    ['webmacs plugins verify webmacs-revpi --python /opt/webmacs/bin/python'],
    ['webmacs plugins verify --json | jq -r .[].problem'],
  );
}

export async function verify(ctx: Context, name: string | undefined, options: VerifyOptions): Promise<void> {
  const { directory, named } = directoryOf(ctx, options);
  const { packages, differences } = await verifyPackages(await ctx.em(), name, {
    ...lockOf(ctx, options),
    environment: ctx.environment,
    directory,
    mayBeMissing: !named,
    python: options.python,
  });
  const rows = differences.map((difference) => ({ ...difference }));
  await ctx.output.list(rows, ['package', 'problem', 'file', 'detail']);
  const checked = counted(packages, 'package');
  if (differences.length > 0) {
    throw new CheckFailedError(`${counted(differences.length, 'difference')} in ${checked}.`, {
      hint: 'Installing the wheel again puts a package right, and takes away what an interrupted install left.',
    });
  }
  const python = options.python === undefined ? '' : ` and with ${options.python}`;
  await ctx.output.say(ctx.output.success(`${checked}: all agree with ${directory}${python}.`));
}
