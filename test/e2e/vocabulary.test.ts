import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Argument, Command as BaseCommand, Option } from 'commander';
import { expect, test } from 'vitest';
import { type Command, wordsOf } from '../../src/cli/command.ts';
import { DurationOption } from '../../src/cli/option.ts';
import { createProgram } from '../../src/cli/program.ts';
import { Session } from '../../src/cli/session.ts';
import { processStreams } from '../../src/cli/streams.ts';
import { NOUNS } from '../../src/commands/index.ts';
import { TestHost } from '../support/host.ts';
import { ROOT } from '../support/paths.ts';
import { webmacs } from '../support/program.ts';
import { anEvent, anExperiment, aSite, aUser } from '../support/site.ts';

const session = new Session(processStreams(new TestHost({})), {}, new AbortController().signal);
const program = createProgram(session, []);
for (const { name, load } of NOUNS) {
  (await load())(program.command(name) as Command, session);
}
const commands = every(program);
/** All options of all commands that the help shows. */
const options = commands.flatMap((command) =>
  command.options
    .filter(({ hidden }) => !hidden)
    .map((option) => [`${wordsOf(command)} ${option.long}`, option] as const),
);

function every(command: BaseCommand): BaseCommand[] {
  return [command, ...command.commands.flatMap(every)];
}

/** The options of this name, or with this description of their value. */
function optionsWith(condition: (option: Option) => boolean): (readonly [string, Option])[] {
  return options.filter(([, option]) => condition(option));
}

/** The word in the flags that stands for the value. */
function placeholderOf({ flags }: Option): string | undefined {
  return /[<[]([^.\]>]+)/.exec(flags)?.[1];
}

test('a command with commands has no options of its own, which these would take and ignore', () => {
  const within = commands.filter(({ parent, commands: subcommands }) => parent && subcommands.length > 0);
  expect(within.length).toBeGreaterThan(20);
  expect(within.filter((command) => command.options.length > 0).map(wordsOf)).toEqual([]);
});

test('durations have a unit, and are declared as such', () => {
  const durations = optionsWith((option) => placeholderOf(option) === 'duration' && option.long !== '--older-than');
  expect(durations.length).toBeGreaterThan(15);
  expect(durations.filter(([, option]) => !(option instanceof DurationOption))).toEqual([]);
  // The header of a delivery has a moment in seconds.
  const seconds = optionsWith((option) => /seconds|minutes|hours|days/.test(placeholderOf(option) ?? ''));
  expect(seconds.map(([name]) => name)).toEqual(['webmacs webhooks verify --timestamp']);
});

test.each<[string, (string | undefined)[]]>([
  ['--event', ['event']],
  ['--experiment', ['experiment']],
  ['--webhook', ['webhook']],
  ['--type', ['type']],
  ['--webhook-type', ['type']],
  ['--status', ['status']],
  ['--limit', ['n']],
  ['--from', ['time']],
  ['--to', ['time', 'name']],
  ['--as', ['user']],
  ['--owner', ['user']],
  ['--timezone', ['zone']],
  ['--older-than', ['duration']],
  ['--force', [undefined]],
  ['--dry-run', [undefined]],
  ['--exit-code', [undefined]],
])('%s means one thing', (name, values) => {
  const found = optionsWith(({ long }) => long === name);
  expect(found.length).toBeGreaterThan(0);
  expect(found.filter(([, option]) => !values.includes(placeholderOf(option)))).toEqual([]);
});

test('a value from a fixed list is declared as a choice', () => {
  const words = /^(type|status|role|action|condition|direction|layout|how|what|style)$/;
  const open = optionsWith((option) => words.test(placeholderOf(option) ?? '') && !option.argChoices);
  expect(open.map(([name]) => name)).toEqual([]);
  const args = commands.flatMap(({ registeredArguments }) => registeredArguments as Argument[]);
  expect(args.filter((argument) => words.test(argument.name()) && !argument.argChoices)).toEqual([]);
});

test('there is one word for each purpose', () => {
  const others =
    /^--(since|until|after-time|before|start-time|end-time|count|lines|max-rows|tz|sensor|overwrite|yes-really|no-confirm|out|file-out)$/;
  expect(optionsWith(({ long }) => others.test(long ?? ''))).toEqual([]);
});

test('CONTRIBUTING.md lists what each destructive verb and each --force does', () => {
  const text = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const verbs = /^(delete|remove|revoke|prune|uninstall|unmap|undo|rollback|purge|drop|destroy|clear|erase|reset)$/;
  const destructive = commands.filter((command) => verbs.test(command.name()));
  for (const verb of new Set(destructive.map((command) => command.name()))) {
    expect(text).toContain(`| \`${verb}\` |`);
  }
  for (const [name] of optionsWith(({ long }) => long === '--force')) {
    expect(text).toContain(name.replace('webmacs ', '').replace(' --force', ''));
  }
});

test('every create can be run twice, and says how what exists differs', () => {
  const creates = commands.filter(({ options: [...own] }) => own.some(({ long }) => long === '--if-not-exists'));
  const names = creates.map((command) => wordsOf(command).replace('webmacs ', ''));
  expect(commands.filter((command) => command.name() === 'create' && !creates.includes(command))).toEqual([]);
  // A revoked token has nothing that could differ.
  expect(creates.filter(({ options: own }) => !own.some(({ long }) => long === '--exit-code')).map(wordsOf)).toEqual([
    'webmacs tokens revoke',
  ]);
  expect(names.length).toBeGreaterThan(12);
});

test('other names of options work, and both at once are refused', async () => {
  await using site = await aSite();
  const { publicId } = await aUser(site, { username: 'root', admin: true });
  await anExperiment(site, { name: 'Run', owner: publicId });
  expect((await site.run('datapoints list --since -2h --until now --json')).stdout).toBe('[]\n');
  const twice = await site.run('datapoints list --since -2h --from -3h');
  expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('--since is another name of --from.')]);
  expect((await site.run('logs tail --lines 0')).code).toBe(0);
  await anEvent(site, { name: 'Bed' });
  const rule = 'rules create Hot --event Bed --when gt --threshold 1 --action log';
  const bare = await site.run(`${rule} --cooldown 90 --json`);
  expect([JSON.parse(bare.stdout).cooldown_seconds, bare.stderr]).toEqual([90, '']);
  const noted = await site.run(`${rule} --cooldown 90 --if-not-exists`);
  expect(noted.stderr).toContain('note: --cooldown 90 means 90 seconds: write 90s.\n');
  expect((await site.run(`${rule} --cooldown 90 --if-not-exists --quiet`)).stderr).toBe('');
  expect((await site.run('datapoints prune --older-than 90 --dry-run')).code).toBe(2);
});

test.each([
  ['webhooks list --event sensor.reading', 'Pass --type instead.'],
  ['webhooks create https://lab.org --event sensor.reading', 'Pass --type instead.'],
  ['rules create Hot --webhook-event sensor.reading', 'Pass --webhook-type.'],
  ['events create T --type sensr', 'Allowed choices are sensor'],
])('%s exits 2, and says what to pass', async (line, hint) => {
  const { code, stderr } = await webmacs(line.split(' '), { env: { DATABASE_URL: 'postgresql://127.0.0.1:1/none' } });
  expect([code, stderr]).toEqual([2, expect.stringContaining(hint)]);
});
