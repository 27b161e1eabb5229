import type { Argument, Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import { ListOption } from '../../cli/option.ts';
import { createProgram } from '../../cli/program.ts';
import { type GlobalOptions, Session } from '../../cli/session.ts';
import { type Streams, write } from '../../cli/streams.ts';
import { NOUNS } from '../index.ts';
import { bashReply, type TypedWords, typedWords } from './shell-words.ts';

/** What can follow, or that file names can. */
type Candidates = { value: string; description?: string }[] | 'files';

/** Placeholders of what is a file. */
const FILES = /^(file|path|dir|folder|wheel|bundle)$/;

const MAX_DESCRIPTION = 60;

/**
 * Prints what can follow on a command line: a line with `files` or `words`, then a line for each word. It is run by the shells'
 * scripts, so it never fails and writes nothing to stderr.
 * @param words the shell, and what it passes on
 * @returns what was loaded, see `Outcome.command`
 */
export async function complete(
  [shell = '', ...given]: string[],
  streams: Streams,
  environment: Session['environment'],
): Promise<string> {
  const session = new Session(streams, environment, new AbortController().signal);
  session.command = '__complete';
  const lines = await linesFor(session, shell, given).catch(() => ['words']);
  // The shell may be gone.
  await write(streams.stdout, lines.map((line) => `${line}\n`).join('')).catch(() => {});
  return session.command;
}

async function linesFor(session: Session, shell: string, given: string[]): Promise<string[]> {
  const [line = '', typed = '', type = ''] = given;
  // Other shells pass the words; zsh also an empty one, if there are none.
  const { before, current, quote } =
    shell === 'bash' ? withoutProgram(typedWords(line)) : { ...wordsOf(given), quote: '' as const };
  const found = await candidates(createProgram(session, NOUNS), before, current, session);
  if (found === 'files') {
    return [found];
  }
  const fitting = found.filter(({ value }) => value.startsWith(current));
  const inWord = /^(-[^=]*=)/.exec(current)?.[1] ?? '';
  const lines = fitting.map(({ value, description = '' }) => {
    const about = shortened(description);
    if (shell !== 'bash') {
      return `${shell === 'zsh' ? value.slice(inWord.length) : value}\t${about}`;
    }
    // The shell replaces the end of the word only.
    const kept = current.length - typedWords(quote + typed).current.length;
    const isListed = type === '63' && fitting.length > 1;
    return bashReply(value.slice(Math.max(kept, 0)), quote) + (isListed && about ? `  (${about})` : '');
  });
  return ['words', ...lines];
}

function withoutProgram({ before, ...rest }: TypedWords): TypedWords {
  return { before: before.slice(1), ...rest };
}

function wordsOf(given: readonly string[]): { before: string[]; current: string } {
  // An empty argument is lost on the way from PowerShell, so it marks the current one.
  return {
    before: given.slice(0, -1).filter((word) => word !== ''),
    current: given.at(-1)?.replace(/^\u0001/, '') ?? '',
  };
}

async function candidates(program: Command, before: string[], current: string, session: Session): Promise<Candidates> {
  let command = program;
  let pending: Option | undefined;
  let positional = 0;
  let onlyArguments = false;
  const globals: Record<string, unknown> = {};
  for (const word of before) {
    const [, name = '', value] = /^(-[^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const sub =
      positional === 0 && !onlyArguments ? subcommandsOf(command).find((each) => each.isCalled(word)) : undefined;
    if (pending) {
      globals[pending.attributeName()] = word;
      pending = undefined;
    } else if (word === '--') {
      onlyArguments = true;
    } else if (name.length > 1 && !onlyArguments) {
      const option = optionOf(command, name);
      pending = value === undefined && option?.required ? option : undefined;
      Object.assign(globals, option && value !== undefined ? { [option.attributeName()]: value } : {});
    } else if (sub) {
      command = await sub.loaded();
      session.command = command.parent === program ? `__complete ${command.name()}` : session.command;
    } else {
      positional++;
    }
  }
  // Of the program's own: which database, and a configured time zone does not matter.
  session.configure(globals as GlobalOptions);
  const [, name = '', value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  const given = pending ?? (onlyArguments ? undefined : optionOf(command, name));
  if (given) {
    const start = pending ? '' : `${name}=`;
    const values = await valuesOf(given, session, pending ? current : (value ?? ''));
    return values === 'files' ? values : values.map((each) => ({ value: `${start}${each}` }));
  }
  if (current.startsWith('-') && !onlyArguments) {
    const { own, global } = command.createHelp().optionsOf(command);
    return [...own, ...global].map((option) => ({ value: option.long ?? '', description: option.description }));
  }
  const names = positional === 0 && !onlyArguments ? subcommandsOf(command) : [];
  const commands = names.map((each) => ({ value: each.name(), description: each.description() }));
  const last = command.registeredArguments.at(-1);
  const argument = command.registeredArguments[positional] ?? (last?.variadic ? last : undefined);
  const values = argument ? await valuesOf(argument, session, current) : [];
  return values === 'files'
    ? values
    : [
        ...commands,
        ...values.filter((each) => onlyArguments || !each.startsWith('-')).map((each) => ({ value: each })),
      ];
}

/** Returns the commands that can follow; after `help`, also those of the program. */
function subcommandsOf(command: Command): Command[] {
  const { parent } = command;
  const visible = command.createHelp().visibleCommands(command) as Command[];
  return parent && !parent.parent && command.name() === 'help'
    ? [...visible, ...subcommandsOf(parent as Command)]
    : visible;
}

function optionOf(command: Command, name: string): Option | undefined {
  const options = [...command.options, ...(command.defaultCommand?.options ?? [])];
  const own = options.find(({ long, short }) => name !== '' && (long === name || short === name));
  return own ?? (command.parent ? optionOf(command.parent as Command, name) : undefined);
}

/** Returns the values that an option or argument can have, as far as they are known. */
async function valuesOf(taker: Option | Argument, session: Session, start: string): Promise<string[] | 'files'> {
  if (taker.argChoices) {
    return taker.argChoices;
  }
  if (taker instanceof ListOption) {
    return taker.following(start);
  }
  if (('flags' in taker ? taker.attributeName() : taker.name()) === 'connection') {
    return session.configuration.connections;
  }
  const placeholder = 'flags' in taker ? (/[<[]([\w-]+)/.exec(taker.flags)?.[1] ?? '') : taker.name();
  if (FILES.test(placeholder)) {
    return 'files';
  }
  // With the driver, which commands and options do not need.
  const { liveNames } = await import('./live-names.ts');
  return await liveNames(session, placeholder, start);
}

function shortened(description: string): string {
  const [first = ''] = description.split(/[;:]/);
  return first.length > MAX_DESCRIPTION ? `${first.slice(0, MAX_DESCRIPTION - 1)}…` : first;
}
