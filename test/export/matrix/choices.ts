/** A value of an option of an export. */
export interface Choice {
  /** On the command line, without `-o`. */
  words: string;
  /** Choices of a group exclude each other. */
  group: 'shape' | 'format' | 'destination' | 'time' | 'own' | 'safety';
  /** Options that it is refused without: alternatives. */
  needs?: readonly string[];
}

const WIDE = '--wide --on-duplicate last';
const EVERY = '--every 10s';

const of = (group: Choice['group'], all: string[], needs?: readonly string[]): Choice[] =>
  all.map((words) => ({ words, group, ...(needs && { needs }) }));

/** All but the defaults. */
const CHOICES: readonly Choice[] = [
  ...of('shape', [WIDE, EVERY, `${EVERY} --wide`]),
  ...of('format', ['--format tsv', '--format ndjson', '--format parquet', '--format xlsx']),
  ...of('destination', ['-o run.csv.gz', '-o -', '--layout per-event -o runs/']),
  ...of('time', ['--time-format epoch', '--time-format excel', '--time-format relative']),
  ...of('own', ['--timezone Asia/Tokyo', '--excel=de', '--digits 1', '--decimal ,', '--delimiter |']),
  ...of('own', ['--columns timestamp', '--no-header', '--no-ids', '--preamble']),
  ...of('safety', ['--checksum', '--resume']),
  ...of('own', ['--header-style id'], [WIDE, `${EVERY} --wide`]),
  ...of('own', ['--on-duplicate mean'], [WIDE]),
  ...of('own', ['--fill linear', '--min-count 2', '--aggregate min,count'], [EVERY, `${EVERY} --wide`]),
];

/** Pairs of which the first makes no difference to the file, and why. */
const NO_DIFFERENCE: readonly [choice: RegExp, other: RegExp, reason: string][] = [
  [/--resume/, /./, 'it only makes one after an interruption'],
  [/--timezone/, /epoch|relative|parquet/, 'these times are the same in every time zone'],
  [/--decimal/, /--excel=de/, 'this Excel has the same decimal sign'],
  [
    /--(format tsv|digits|decimal|delimiter|no-ids|header-style|on-duplicate|aggregate)/,
    /--columns/,
    'only the times are left',
  ],
];

export interface Pair {
  one: Choice;
  other: Choice;
  /** What they need besides. */
  needed: string;
}

/** The groups of what only makes cells different. */
const CELLS: ReadonlySet<Choice['group']> = new Set(['time', 'own']);

function isOfContent({ group }: Choice): boolean {
  return group !== 'destination' && group !== 'safety';
}

/** Returns all pairs of choices that the command line can have. */
export function pairs(): Pair[] {
  return CHOICES.flatMap((one, at) =>
    CHOICES.slice(at + 1)
      .filter((other) => one.group !== other.group || ['own', 'safety'].includes(one.group))
      // Where and how safely a file is written depends on its shape and format only.
      .filter((other) => [one, other].every(isOfContent) || [one, other].every(({ group }) => !CELLS.has(group)))
      .map((other) => ({ one, other, needed: neededBy([one, other]) })),
  );
}

function neededBy(choices: readonly Choice[]): string {
  if (choices.some(({ group }) => group === 'shape')) {
    return '';
  }
  const alternatives = choices.flatMap(({ needs }) => (needs ? [needs] : []));
  const common = alternatives[0]?.find((words) => alternatives.every((needs) => needs.includes(words)));
  return common ?? alternatives.map(([first]) => first).join(' ');
}

/** Whether the file may be the same without the choice. */
export function mayMakeNoDifference(choice: Choice, other: Choice): boolean {
  return NO_DIFFERENCE.some(([one, another]) => one.test(choice.words) && another.test(other.words));
}

/** Matches a message that names an option of the choice, or of those that it needs. */
export function flagsOf({ words, needs = [] }: Choice): RegExp {
  const flags = [words, ...needs].flatMap((text) => text.replace(/^-o/, '--output').match(/--[a-z-]+|\S+\.gz/g) ?? []);
  return new RegExp(`(^|\\s|"|\\(|/)(${[...new Set(flags)].join('|')})\\b`, 'm');
}
