import { type Command, wordsOf } from './command.ts';
import type { Documented, Example } from './help.ts';

/**
 * Returns the manual page of the program in the form of man(7), from what its commands declare.
 * @param program with the commands of all nouns
 */
export function manPage(program: Command, version: string): string {
  const all = withinOf(program);
  const help = program.createHelp();
  const globals = help.optionsOf(program).global;
  return [
    `.TH WEBMACS 1 "" "webmacs ${plain(version)}"`,
    '.nh',
    '.ad l',
    '.SH NAME',
    `webmacs \\- ${plain(program.description())}`,
    '.SH SYNOPSIS',
    `.B webmacs\n${plain(program.usage())}`,
    ...notesOf(program),
    '.SH GLOBAL OPTIONS',
    ...globals.map((option) => item(option.flags, help.optionDescription(option))),
    '.SH COMMANDS',
    ...all.filter((command) => command !== program && !isTopic(command)).flatMap(sectionOf),
    ...all.filter(isTopic).flatMap((topic) => [`.SH ${plain(topic.name().toUpperCase())}`, ...notesOf(topic)]),
    '.SH EXAMPLES',
    ...examplesOf(program),
    '',
  ].join('\n');
}

function withinOf(command: Command): Command[] {
  const visible = command.createHelp().visibleCommands(command) as Command[];
  return [command, ...visible.flatMap(withinOf)];
}

/** Whether it is a page of `webmacs help` about no single command. */
function isTopic({ parent }: Command): boolean {
  return parent?.name() === 'help';
}

function sectionOf(command: Command): string[] {
  const help = command.createHelp();
  // Those of a default command are listed there.
  const options = command.defaultCommand ? [] : help.optionsOf(command).own;
  return [
    `.SS ${plain(wordsOf(command))} ${plain(command.usage())}`,
    plain(command.description()),
    ...command.registeredArguments.map((argument) =>
      item(help.argumentTerm(argument), help.argumentDescription(argument)),
    ),
    ...options.map((option) => item(option.flags, help.optionDescription(option))),
    ...notesOf(command),
    ...(command.shownExamples.length > 0 ? ['.PP', 'Examples:', ...examplesOf(command)] : []),
  ];
}

function item(term: string, description: string): string {
  return `.TP\n.B ${plain(term)}\n${plain(description)}`;
}

function examplesOf({ shownExamples }: Documented): string[] {
  const lines = shownExamples.flatMap(([line, meaning]: Example) => [
    ...(meaning ? [`# ${meaning}`] : []),
    `$ ${line}`,
  ]);
  return ['.RS', '.EX', ...lines.map(plain), '.EE', '.RE'];
}

/** Indented lines stay as they are, others are joined. */
function notesOf({ notes }: Documented): string[] {
  return notes.flatMap((note) => {
    const lines = ['.PP'];
    let isIndented = false;
    for (const line of [...note.trim().split('\n'), '']) {
      if (line.startsWith(' ') !== isIndented) {
        isIndented = !isIndented;
        lines.push(isIndented ? '.EX' : '.EE');
      }
      lines.push(line === '' ? '.PP' : plain(line));
    }
    return lines.slice(0, -1);
  });
}

/** Escapes what roff would read as its own. */
function plain(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gm, '\\&');
}
