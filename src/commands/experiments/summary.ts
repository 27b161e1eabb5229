import { usernamesOf } from '../../auth/users.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { jsonNumber } from '../../domain/datapoints.ts';
import type { ExperimentRow } from '../../domain/experiments.ts';
import { User } from '../../entities/index.ts';
import { CheckFailedError } from '../../errors.ts';
import type { ExportRequest } from '../../export/request.ts';
import { isoOf } from '../../series/buckets.ts';
import type { Gap } from '../../series/model.ts';
import type { EventSummary, Summary } from '../../series/summary.ts';
import { shellWord } from '../../text/shell-word.ts';
import { requestOf, type SelectionOptions, selectionOptions } from '../export/selection.ts';
import { rowArgument } from '../standard/choices.ts';
import { find, rowOf } from '../standard/noun.ts';
import { printRow } from '../standard/show.ts';
import { shownRange } from '../standard/time-range.ts';
import { flawsOf, lengthOf, printDatapoints, printFacts, trendWidth } from './card.ts';
import { EXPERIMENTS } from './noun.ts';

interface SummaryOptions extends Omit<SelectionOptions, 'layout'> {
  gap?: number;
  exitCode?: boolean;
}

export function declareSummary(parent: Command, ctx: Context): void {
  parent
    .command('summary')
    .addArgument(rowArgument(ctx, EXPERIMENTS))
    .description('check the datapoints of an experiment: figures, gaps, values out of range')
    .runs(ctx, summary)
    .with((command) => selectionOptions(command, 'times without an offset, and of what is shown'))
    .optionsGroup('Check:')
    .duration(
      '--gap <duration>',
      'a longer time without a datapoint is a gap; default: 5 sampling intervals of the event',
    )
    .option('--exit-code', 'exit 6 if there are gaps or values out of range, or no datapoints')
    .note(NOTE)
    .examples(
      ['webmacs experiments summary "Run 7"'],
      ['webmacs experiments summary "Run 7" --gap 10s --exit-code > /dev/null', 'for cron: says why, and exits 6'],
      ['webmacs experiments summary "Run 7" --event "Zone *" --from +10min --to -5min --json'],
    );
}

const NOTE = `
The sampling interval is the median time between two datapoints of an event. Of an event with many, it is estimated from samples,
marked by "~" and interval_sampled; all else is exact. NaN and infinite values are in no figure, but infinite ones may be out of
range. JSON lists the first 1,000 gaps of each event, and the first 1,000 stretches of time out of range.
`;

const COLUMNS = [
  ...['event', 'count', 'min', 'mean', 'max', 'stddev', 'unit', 'interval_seconds', 'gaps', 'longest_gap_seconds'],
  ...['out_of_range', 'nan', 'infinite', 'first', 'last'],
];
const ALL = [...COLUMNS, 'interval_sampled', 'gap_threshold_seconds', 'min_value', 'max_value', 'event_public_id'];

async function summary(ctx: Context, given: string, options: SummaryOptions): Promise<void> {
  const experiment = await find(ctx, EXPERIMENTS, given);
  const request = await requestOf(ctx, [experiment], options);
  const { output } = ctx;
  if (output.isTable) {
    await printFacts(ctx, experiment);
  }
  const read = await readSummary(ctx, experiment, request, options.gap);
  if (output.isTable) {
    await printDatapoints(ctx, read, await shownRange(ctx, request));
  } else {
    await output.report(await factsOf(ctx, experiment, read), read.events.map(rowOfEvent), COLUMNS, { all: ALL });
  }
  const bad = read.events.some(({ gaps, outOfRange, count }) => gaps.count + outOfRange.count > 0 || count === 0);
  if (options.exitCode && (bad || read.count === 0)) {
    const hint = `To list them by time: webmacs experiments summary ${shellWord(experiment.name)} --json`;
    throw read.count === 0
      ? new CheckFailedError(`${await noneIn(ctx, experiment, request)} to check.`)
      : new CheckFailedError(`Experiment "${experiment.name}" has flaws: ${flawsOf(read).join('; ')}.`, { hint });
  }
}

/** Prints an experiment: on a terminal with a summary of its datapoints, else only its row, which costs nothing. */
export async function showExperiment(ctx: Context, experiment: ExperimentRow): Promise<void> {
  if (!ctx.output.forPeople) {
    return await printRow(ctx, EXPERIMENTS, experiment);
  }
  await printFacts(ctx, experiment);
  await printDatapoints(ctx, await readSummary(ctx, experiment, { experimentPublicId: experiment.publicId }));
}

async function readSummary(
  ctx: Context,
  experiment: ExperimentRow,
  request: ExportRequest,
  gapSeconds?: number,
): Promise<Summary> {
  const { summarise } = await import('../../series/summary.ts');
  const pool = await ctx.pool();
  const read = await ctx.progress(`Reading ${experiment.name}`, async (onProgress) =>
    summarise(pool, request, { gapSeconds, columns: trendWidth(ctx), signal: ctx.signal, onProgress }),
  );
  if (read.count === 0) {
    await ctx.output.warn(`${await noneIn(ctx, experiment, request)}.`);
  }
  return read;
}

/** Returns that there are no datapoints of what was asked for, of which there may be others. */
async function noneIn(ctx: Context, { name }: ExperimentRow, request: ExportRequest): Promise<string> {
  const events = request.eventPublicIds ? ' of these events' : '';
  return `Experiment "${name}" has no datapoints${events}${await shownRange(ctx, request)}`;
}

async function factsOf(ctx: Context, experiment: ExperimentRow, { count, from, to }: Summary): Promise<Row> {
  const owners = await usernamesOf(await ctx.em(User), [experiment]);
  const { seconds, running } = lengthOf(ctx, experiment);
  return {
    ...(await rowOf(ctx, EXPERIMENTS, experiment)),
    owner: owners.get(experiment.user?.publicId ?? '') ?? null,
    duration_seconds: seconds,
    running,
    datapoints: count,
    datapoints_per_second: to > from ? count / (to - from) : null,
  };
}

function rowOfEvent({ event, interval, gaps, outOfRange, curve: _curve, ...figures }: EventSummary): Row {
  return {
    event: event.name,
    unit: event.unit,
    ...figures,
    interval_seconds: interval?.seconds ?? null,
    interval_sampled: interval?.sampled ?? null,
    gaps: gaps.count,
    longest_gap_seconds: gaps.count > 0 ? gaps.longest : null,
    gap_threshold_seconds: gaps.threshold,
    first_gaps: gaps.list.map(stretchRow),
    out_of_range: outOfRange.count,
    min_value: jsonNumber(event.minValue),
    max_value: jsonNumber(event.maxValue),
    first_stretches_out_of_range: outOfRange.stretches.map(stretchRow),
    event_public_id: event.publicId,
  };
}

function stretchRow({ from, to }: Gap): Row {
  return { from: isoOf(from), to: isoOf(to), seconds: Number((to - from).toFixed(6)) };
}
