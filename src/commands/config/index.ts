import type { Command } from '../../cli/command.ts';
import { SETTINGS, type SettingName } from '../../cli/configuration.ts';
import type { Context } from '../../cli/context.ts';
import { quoted } from '../../cli/text.ts';
import { noteTimezone } from '../../cli/timezone.ts';
import { containsPassword } from '../../database/connection-url.ts';
import { InvalidInputError } from '../../errors.ts';
import { readText } from '../../files/input.ts';
import { timeZone } from '../../text/time-zone.ts';

const MAX_VALUE_BYTES = 64 * 1024;

export function declareConfig(parent: Command, ctx: Context): void {
  parent
    .command('path')
    .description('print the path of the configuration file')
    .action(async () => await ctx.output.text(`${ctx.configuration.path}\n`))
    .examples(['webmacs config path']);
  parent
    .command('show')
    .description('show the effective settings, without secrets')
    .option('--origin', 'also show where each comes from')
    .runs(ctx, show)
    .examples(['webmacs config show --origin']);
  parent
    .command('set')
    .argument('<name>', Object.keys(SETTINGS).join(', '))
    .argument('[value]', 'if omitted, read from standard input, which keeps a password out of the process list')
    .option('--unset', 'remove the setting')
    .description('save a setting in the configuration file')
    .runs(ctx, set)
    .examples(
      ['webmacs config set as alice'],
      ['webmacs config set timezone Europe/Berlin'],
      ['webmacs config set database_url < url.txt'],
    );
}

async function show(ctx: Context, { origin }: { origin?: boolean }): Promise<void> {
  const settings = ctx.configuration.describe();
  const columns = origin || ctx.output.structured ? ['setting', 'value', 'origin'] : ['setting', 'value'];
  await ctx.output.list(settings, columns);
}

async function set(
  ctx: Context,
  name: string,
  given: string | undefined,
  { unset = false }: { unset?: boolean },
): Promise<void> {
  if (!isSetting(name)) {
    throw new InvalidInputError(`There is no setting ${quoted(name)}.`, {
      hint: `Use one of ${Object.keys(SETTINGS).join(', ')}.`,
    });
  }
  if (name === 'database_url' && given !== undefined && containsPassword(given)) {
    throw new InvalidInputError(
      'A URL with a password must not be passed on the command line, where other users can see it.',
      {
        hint: 'Omit it and pass it on standard input: webmacs config set database_url < url.txt',
      },
    );
  }
  const value = unset ? undefined : (given ?? (await readValue(ctx, name)));
  await ctx.configuration.set(name, value);
  if (name === 'timezone' && value !== undefined) {
    await noteTimezone(ctx, timeZone(value, 'The value'));
  }
  await ctx.output.done(
    ctx.output.success(`${name} ${unset ? 'removed from' : 'saved in'} ${ctx.configuration.path}.`),
    { status: 'success', path: ctx.configuration.path },
  );
}

async function readValue(ctx: Context, name: SettingName): Promise<string> {
  if (ctx.prompts.canAsk) {
    return (await ctx.prompts.missing({}, { value: { option: '<value>', ask: SETTINGS[name] } })).value;
  }
  return (await readText('-', { maxBytes: MAX_VALUE_BYTES, stdin: ctx.streams.stdin })).trim();
}

function isSetting(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}
