import { ChosenArgument } from '../../../cli/argument.ts';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import type { Row } from '../../../cli/output.ts';
import { foundIn } from '../../../cli/prompts.ts';
import { quoted } from '../../../cli/text.ts';
import type { Profile } from '../../../ingest/profiles/profile.ts';
import { Profiles } from '../../../ingest/profiles/profiles.ts';
import { shellWord } from '../../../text/shell-word.ts';
import { wordsFor } from '../reading-options.ts';

const COLUMNS = ['name', 'origin', 'description', 'options'];

export function declareProfiles(parent: Command, ctx: Context): void {
  const profiles = parent
    .command('profiles')
    .usage('[command]')
    .description('saved options of loggers, for --profile of import and inspect')
    .note(FILES)
    .examples(
      ['webmacs datapoints profiles', 'all of them'],
      ['webmacs datapoints import day1.csv --decimal , --timezone UTC --save-profile kiln', 'saves the options'],
      ['webmacs datapoints import day2.csv --profile kiln'],
    );
  const profile = new ChosenArgument('<profile>', 'its name', async (typed) => {
    const { profiles: found } = new Profiles(ctx.configuration.path).all();
    const choices = found.map(({ name, description }) => ({
      name: `${name}  ${description ?? ''}`,
      value: name,
      short: name,
    }));
    return foundIn(choices, typed);
  });
  profiles
    .command('list', { isDefault: true })
    .alias('ls')
    .description('list the profiles')
    .runs(ctx, list)
    .examples(['webmacs datapoints profiles list'], ['webmacs datapoints profiles list --json']);
  profiles
    .command('show')
    .addArgument(profile)
    .description('show the options of a profile')
    .runs(ctx, show)
    .examples(['webmacs datapoints profiles show toa5'], ['webmacs datapoints profiles show toa5 --json']);
  profiles
    .command('delete')
    .addArgument(profile)
    .description('delete a profile')
    .runs(ctx, remove)
    .examples(
      ['webmacs datapoints profiles delete kiln', 'asks for confirmation'],
      ['webmacs datapoints profiles delete kiln --yes', 'in a script'],
    );
}

const FILES = `
A profile is a file, profiles/NAME.json beside the configuration file ("webmacs config path"). Options given beside --profile
prevail, one by one. Some profiles are built in; one of your own with the same name replaces it.`;

async function list(ctx: Context): Promise<void> {
  const { profiles, problems } = new Profiles(ctx.configuration.path).all();
  for (const { message } of problems) {
    await ctx.output.warn(message);
  }
  await ctx.output.list(
    profiles.map((profile) => rowOf(ctx, profile)),
    COLUMNS,
  );
}

async function show(ctx: Context, name: string): Promise<void> {
  await ctx.output.one(rowOf(ctx, new Profiles(ctx.configuration.path).find(name)));
}

function rowOf(ctx: Context, { name, path, description, options }: Profile): Row {
  return {
    name,
    origin: path ?? 'built in',
    description: description ?? null,
    options: ctx.output.structured ? options : wordsFor(options).map(shellWord).join(' '),
  };
}

async function remove(ctx: Context, name: string): Promise<void> {
  const profiles = new Profiles(ctx.configuration.path);
  const { path } = profiles.find(name);
  const consequence = `This deletes ${path}.`;
  if (path !== undefined && !ctx.yes && !(await ctx.prompts.confirm(`Delete profile ${quoted(name)}?`, consequence))) {
    return await ctx.output.done('Nothing was deleted.', { name, deleted: 0 });
  }
  await profiles.delete(name);
  await ctx.output.done(ctx.output.success(`Profile ${quoted(name)} deleted.`), { name, deleted: 1 });
}
