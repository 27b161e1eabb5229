import { ChosenArgument } from '../../cli/argument.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { foundIn } from '../../cli/prompts.ts';
import { SETTINGS, type SettingName } from '../../cli/settings-file.ts';
import { quoted } from '../../cli/text.ts';
import { noteTimezone } from '../../cli/timezone.ts';
import { InvalidInputError } from '../../errors.ts';
import { timeZone } from '../../text/time-zone.ts';
import { declareConnections } from './connections.ts';
import { givenValue, noteOverride } from './value.ts';

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
  const settings = Object.entries(SETTINGS).map(([name, about]) => ({
    name: `${name}  ${about}`,
    value: name,
    short: name,
  }));
  const setting = new ChosenArgument('<name>', Object.keys(SETTINGS).join(', '), async (typed) =>
    foundIn(settings, typed),
  );
  parent
    .command('set')
    .addArgument(setting)
    .argument('[value]', 'if omitted, read from standard input, which keeps a password out of the process list')
    .description('save a setting in the configuration file')
    .runs(ctx, set)
    .examples(
      ['webmacs config set as alice'],
      ['webmacs config set timezone Europe/Berlin'],
      ['webmacs config set database_url < url.txt'],
    );
  parent
    .command('unset')
    .addArgument(setting)
    .description('remove a setting from the configuration file')
    .runs(ctx, unset)
    .examples(['webmacs config unset as']);
  declareConnections(parent, ctx);
}

async function show(ctx: Context, { origin }: { origin?: boolean }): Promise<void> {
  const settings = ctx.configuration.describe();
  const columns = origin || ctx.output.structured ? ['setting', 'value', 'origin'] : ['setting', 'value'];
  await ctx.output.list(settings, columns);
}

async function set(ctx: Context, given: string, text: string | undefined): Promise<void> {
  const name = settingOf(given);
  const value = await givenValue(ctx, text, SETTINGS[name], `webmacs config set ${name}`);
  const { path } = ctx.configuration;
  await ctx.configuration.set(name, value);
  if (name === 'timezone') {
    await noteTimezone(ctx, timeZone(value, 'The value'));
  }
  await ctx.output.done(ctx.output.success(`${name} saved in ${path}.`), { status: 'success', path });
  if (name === 'database_url' || name === 'connection') {
    await noteOverride(ctx, name === 'database_url');
  }
}

async function unset(ctx: Context, given: string): Promise<void> {
  const name = settingOf(given);
  const { path } = ctx.configuration;
  const removed = await ctx.configuration.set(name, undefined);
  const text = removed ? ctx.output.success(`${name} removed from ${path}.`) : `${name} is not set in ${path}.`;
  await ctx.output.done(text, { status: 'success', path, removed });
}

/** @throws InvalidInputError for an unknown setting */
function settingOf(name: string): SettingName {
  if (!isSetting(name)) {
    throw new InvalidInputError(`Unknown setting ${quoted(name)}.`, {
      hint: `Use one of ${Object.keys(SETTINGS).join(', ')}.`,
    });
  }
  return name;
}

function isSetting(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}
