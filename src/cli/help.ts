import { type Command, Help, type Option } from 'commander';

const MAX_CHOICES = 20;

/** A command line, and what it does. */
export type Example = readonly [line: string, meaning?: string];

/** A command with what its page has besides commander's. */
export interface Documented extends Command {
  /** Texts below the options: lines that are not indented are joined to paragraphs, indented ones are rows. */
  readonly notes: readonly string[];
  readonly shownExamples: readonly Example[];
  /** The command that this one is without the name of another. */
  readonly defaultCommand: Documented | undefined;
}

/** The share of the width that the names of options and commands may take; a longer one has a line of its own. */
const TERM_SHARE = 0.36;

/** A row of a note, such as `  unix   seconds since 1970`. */
const ROW = /^( {2,}(\S.*?) {2,})(\S.*)$/;

/** The help page of a command, wrapped to the width of the window. */
export class HelpPage extends Help {
  override minWidthToWrap = 1;
  override showGlobalOptions = true;
  styleMeaning = (text: string): string => text;

  override formatHelp(command: Documented): string {
    const sections = [
      this.#hanging('', `${this.styleTitle('Usage:')} ${this.commandUsage(command)}`, '  '),
      this.#hanging('', this.commandDescription(command)),
      ...this.#groups(command, false),
      ...command.notes.flatMap((note) => this.#note(note)),
      this.#section(
        'Examples:',
        command.shownExamples.flatMap((example) => this.#example(example)),
      ),
      ...this.#groups(command, true),
    ];
    return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
  }

  textOf(command: Documented): string {
    this.prepareContext({});
    return `${command.notes.map((note) => this.#note(note)).join('\n\n')}\n`;
  }

  /** Returns the options of a command and its default command, and with those of its parents and `--help` last, the global ones. */
  optionsOf(command: Documented): { own: readonly Option[]; global: readonly Option[] } {
    const visible = this.visibleOptions(command);
    const [help, others] = [visible.filter(isHelp), visible.filter((option) => !isHelp(option))];
    const ofDefault = command.defaultCommand ? this.optionsOf(command.defaultCommand).own : [];
    const own = command.parent ? [...others, ...ofDefault] : [];
    const inherited = command.parent ? this.visibleGlobalOptions(command) : others;
    return { own, global: [...inherited.filter(({ long }) => own.every((option) => option.long !== long)), ...help] };
  }

  /** Quotes only choices and defaults that need it, and does not list many choices, of which the description has some. */
  override optionDescription(option: Option): string {
    const isLong = (option.argChoices?.length ?? 0) > MAX_CHOICES;
    const description = super.optionDescription(option).replaceAll(/"([\w.-]+)"(?=[,)])/g, '$1');
    return isLong ? description.replace(/ \(choices: [^)]*\)$/, '') : description;
  }

  override subcommandTerm(command: Command): string {
    return super.subcommandTerm(command).replace(' [options]', '');
  }

  /** Not `help` of each noun: `--help` is on the same page. */
  override visibleCommands(command: Command): Command[] {
    return super.visibleCommands(command).filter((sub) => sub.name() !== 'help' || !command.parent);
  }

  override formatItem(term: string, termWidth: number, description: string): string {
    if (description === '') {
      return `  ${term}`;
    }
    const start = ' '.repeat(termWidth + 4);
    const text = this.#hanging(start, description);
    return term.length > termWidth ? `  ${term}\n${text}` : `  ${term.padEnd(termWidth)}  ${text.trimStart()}`;
  }

  /** The arguments, commands and options of a command, or those that are global. */
  #groups(command: Documented, areGlobal: boolean): string[] {
    const { own, global } = this.optionsOf(command);
    const groups: [title: string, items: [term: string, description: string]][] = areGlobal
      ? global.map((option) => ['Global options:', this.#option(option)])
      : [
          ...command.registeredArguments.map((argument): (typeof groups)[number] => [
            'Arguments:',
            [this.argumentTerm(argument), this.argumentDescription(argument)],
          ]),
          ...this.visibleCommands(command).map((sub): (typeof groups)[number] => [
            sub.helpGroup() || 'Commands:',
            [this.subcommandTerm(sub), this.subcommandDescription(sub)],
          ]),
          ...own.map((option): (typeof groups)[number] => [
            option.helpGroupHeading ?? 'Options:',
            this.#option(option),
          ]),
        ];
    const most = Math.floor(this.#width * TERM_SHARE);
    const width = Math.min(most, Math.max(0, ...groups.map(([, [term]]) => term.length)));
    return [...Map.groupBy(groups, ([title]) => title)].map(([title, items]) =>
      this.#section(
        title,
        items.map(([, [term, description]]) => this.formatItem(term, width, description)),
      ),
    );
  }

  #option(option: Option): [term: string, description: string] {
    return [this.optionTerm(option), this.optionDescription(option)];
  }

  #section(title: string, lines: readonly string[]): string {
    return lines.length === 0 ? '' : `${this.styleTitle(title)}\n${lines.join('\n')}`;
  }

  #note(note: string): string {
    const lines: string[] = [];
    for (const line of note.trim().split('\n')) {
      const before = lines.at(-1) ?? '';
      const continues = /^\S/.test(line) && /^\S.*[^:]$/.test(before);
      lines.splice(continues ? -1 : lines.length, continues ? 1 : 0, continues ? `${before} ${line}` : line);
    }
    return lines
      .map((line, at) => {
        const [, start, term = '', description] = ROW.exec(line) ?? [];
        if (start !== undefined && description !== undefined) {
          return this.formatItem(term, Math.min(start.length - 4, Math.floor(this.#width / 2)), description);
        }
        const isTitle = /^\S.{0,40}:$/.test(line) && /^ /.test(lines[at + 1] ?? '');
        return isTitle ? this.styleTitle(line) : this.#hanging(/^ */.exec(line)?.[0] ?? '', line.trimStart());
      })
      .join('\n');
  }

  /** An example can be pasted, also where it takes several lines. */
  #example([line, meaning]: Example): string[] {
    // A blank in quotes is not a place to break, and an option keeps its value.
    const words = line.match(/(?:--?[\w-]+ (?!--|-[a-z]|\|))?(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
    const lines: string[] = [];
    let current = '  $';
    for (const word of words) {
      if (`${current} ${word} \\`.length > this.#width && current.trim() !== '$') {
        lines.push(`${current} \\`);
        current = '     ';
      }
      current += ` ${word}`;
    }
    const about = meaning === undefined ? [] : [this.styleMeaning(this.#hanging('  # ', meaning))];
    return [...about, ...lines, current];
  }

  /** Wraps a text, with this before every line. */
  #hanging(start: string, text: string, after = start): string {
    const wrapped = this.boxWrap(
      text,
      Math.max(this.#width - Math.max(start.length, after.length), this.minWidthToWrap),
    );
    return start + wrapped.replaceAll('\n', `\n${after}`);
  }

  get #width(): number {
    return this.helpWidth ?? 80;
  }
}

function isHelp({ long }: Option): boolean {
  return long === '--help';
}
