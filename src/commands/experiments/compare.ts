import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { quoted, rounded } from '../../cli/text.ts';
import { shownTimezone } from '../../cli/timezone.ts';
import { checkForce } from '../../files/output-file.ts';
import type { ComparedFigures } from '../../report/compare.ts';
import { requestOf, type SelectionOptions, selectionOptions } from '../export/selection.ts';
import { type PageOutput, pageOutputOptions, writePage } from '../page/write-page.ts';
import { rowArgument } from '../standard/choices.ts';
import { find } from '../standard/noun.ts';
import { EXPERIMENTS } from './noun.ts';

type CompareOptions = SelectionOptions & PageOutput;

const COLUMNS = ['event', 'unit', 'mean_a', 'mean_b', 'difference', 'min_a', 'min_b', 'max_a', 'max_b'];
const ALL = [...COLUMNS, 'stddev_a', 'stddev_b', 'count_a', 'count_b'];

const MEANING = `
Without --output it prints the figures of each event in both runs: a is the first, b the second, and the difference is how much the
mean of b is greater. With it, it writes an HTML file as "experiments report" does, with a chart for each event, on which both runs
are over each other by the time since the start of each. --from and --to such as +10min and -5min apply to each run.
`;

export function declareCompare(parent: Command, ctx: Context): void {
  parent
    .command('compare')
    .addArgument(rowArgument(ctx, EXPERIMENTS))
    .argument('<other>', 'the experiment to compare it with')
    .description('compare two experiments: by figures, or as charts over each other in one HTML file')
    .runs(ctx, compareExperiments)
    .with((command) => selectionOptions(command, 'times without an offset'))
    .with((command) => pageOutputOptions(command, 'without it, figures are printed'))
    .note(MEANING)
    .examples(
      ['webmacs experiments compare "Run 7" "Run 8"'],
      ['webmacs experiments compare "Run 7" "Run 8" -o both.html --event "Zone *"'],
    );
}

async function compareExperiments(ctx: Context, a: string, b: string, options: CompareOptions): Promise<void> {
  checkForce(options.output, options.force ?? false);
  const [first, second] = [await find(ctx, EXPERIMENTS, a), await find(ctx, EXPERIMENTS, b)];
  const runs = [
    { experiment: first, selection: await requestOf(ctx, [first], options) },
    { experiment: second, selection: await requestOf(ctx, [second], options) },
  ] as const;
  const pool = await ctx.pool();
  const { compareFigures, comparePage } = await import('../../report/compare.ts');
  if (options.output === undefined) {
    const rows = await ctx.progress('Reading the datapoints', async () => compareFigures(pool, runs));
    if (rows.length === 0) {
      await ctx.output.warn(
        `Nothing to compare: no datapoint is selected of ${quoted(first.name)} or ${quoted(second.name)}.`,
      );
    }
    await ctx.output.list(ctx.output.forPeople ? rows.map(shown) : rows, COLUMNS, { all: ALL });
    return await ctx.output.say(`a is ${quoted(first.name)}, b is ${quoted(second.name)}.`);
  }
  await writePage(ctx, {}, options, async (onProgress) =>
    comparePage(...([pool, runs, { zone: shownTimezone(ctx), now: ctx.now() }] as const), {
      full: false,
      signal: ctx.signal,
      onProgress,
    }),
  );
}

function shown(row: ComparedFigures): Row {
  const short = (value: string | number | null) => (typeof value === 'string' ? value : rounded(value));
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, short(value)]));
}
