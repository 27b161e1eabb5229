import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted } from '../../cli/text.ts';
import { CheckFailedError } from '../../errors.ts';
import { verifyPackages } from '../../plugins/verify.ts';
import { lockOf } from '../db/lock.ts';
import { type DirectoryOption, directoryOf, directoryOption } from './target.ts';

export function declareVerify(parent: Command, ctx: Context): void {
  parent
    .command('verify')
    .argument('[name]', 'name of the package (default: all packages)')
    .description('compare packages with their files and with a Python; exits 6 if they differ')
    .option('--python <path>', 'also compare with the packages in this Python')
    .runs(ctx, verify)
    .with(directoryOption)
    .examples(
      ['webmacs plugins verify'],
      ['webmacs plugins verify webmacs-revpi --python /opt/webmacs/bin/python'],
      ['webmacs plugins verify --json | jq -r .[].problem'],
    );
}

async function verify(
  ctx: Context,
  name: string | undefined,
  options: DirectoryOption & { python?: string },
): Promise<void> {
  const { directory, named } = directoryOf(ctx, options);
  const { packages, differences } = await ctx.progress('Comparing files', async () =>
    verifyPackages(await ctx.em(), name, {
      ...lockOf(ctx, options),
      environment: ctx.environment,
      directory,
      mayBeMissing: !named,
      python: options.python,
    }),
  );
  await ctx.output.list(differences, ['package', 'problem', 'file', 'detail']);
  const checked = counted(packages, 'package');
  if (differences.length > 0) {
    throw new CheckFailedError(`${counted(differences.length, 'difference')} in ${checked}.`, {
      hint: 'Install the wheel again: this repairs a package and cleans up an interrupted installation.',
    });
  }
  const python = options.python === undefined ? '' : ` and with ${options.python}`;
  await ctx.output.say(ctx.output.success(`${checked}: no differences with ${directory}${python}.`));
}
