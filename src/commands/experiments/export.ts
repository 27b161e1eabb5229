import type { Writable } from 'node:stream';
import type { Pool } from 'pg';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { repeated, wholeNumberBetween } from '../../cli/parse.ts';
import { fileSize, grouped, megabytes } from '../../cli/text.ts';
import type { ExperimentRow } from '../../domain/experiments.ts';
import { type ExportResult, exportExperiment } from '../../export/export-experiment.ts';
import { exportFileName } from '../../export/file-name.ts';
import type { ExportRequest } from '../../export/request.ts';
import { withOutputFile } from '../../files/output-file.ts';
import { defined } from '../../text/defined.ts';
import { type SelectionOptions, selectionOf } from '../datapoints/noun.ts';
import { argumentHelp, find } from '../standard/noun.ts';
import { shownRange, timeRangeOptions } from '../standard/time-range.ts';
import { EXPERIMENTS } from './noun.ts';

const MAX_JOBS = 8;

interface ExportOptions extends Pick<SelectionOptions, 'from' | 'to' | 'event'> {
  output?: string;
  jobs?: number;
  force?: boolean;
}

export function declareExport(parent: Command, ctx: Context): void {
  parent
    .command('export')
    .argument('<experiment>', argumentHelp(EXPERIMENTS))
    .description('export the datapoints of an experiment as CSV, ordered by time')
    .option(
      '-o, --output <file>',
      '- for standard output; .gz and .zst are compressed; default: experiment_NAME_ID.csv',
    )
    .option('--event <event>', 'only this event; can be repeated', repeated)
    .option(
      '--jobs <n>',
      `parallel connections, 1 to ${MAX_JOBS}; default: one per processor, at most 4`,
      wholeNumberBetween(1, MAX_JOBS),
    )
    .option('--force', 'replace the file if it exists')
    .runs(ctx, exportCsv)
    .with(timeRangeOptions)
    .examples(
      ['webmacs experiments export "Run 7"', 'to experiment_Run_7_….csv'],
      ['webmacs experiments export "Run 7" -o run7.csv.zst --force'],
      ['webmacs experiments export "Run 7" --event "Bed temperature" --from -2h -o - | head'],
    );
}

async function exportCsv(ctx: Context, given: string, options: ExportOptions): Promise<void> {
  const experiment = await find(ctx, EXPERIMENTS, given);
  const request = { ...(await selectionOf(ctx, options)), experimentPublicId: experiment.publicId };
  await exportTo(ctx, await ctx.pool(), experiment, request, options);
}

export async function exportTo(
  ctx: Context,
  pool: Pool,
  experiment: ExperimentRow,
  request: ExportRequest,
  options: Pick<ExportOptions, 'output' | 'jobs' | 'force'>,
): Promise<void> {
  const file = options.output ?? exportFileName(experiment);
  if (file === '-') {
    ctx.output.expectCsv();
  }
  const { from, to } = request;
  const range = await shownRange(ctx, defined({ from, to }));
  const bar = ctx.progress();
  const started = performance.now();
  const work = async (stream: Writable, more: { reuseMemory?: boolean } = {}): Promise<ExportResult> =>
    await exportExperiment(pool, request, stream, {
      ...more,
      ...defined({ jobs: options.jobs }),
      signal: ctx.signal,
      onProgress: (progress) => bar.update(progress),
    });
  try {
    const { rows, bytes, available } =
      file === '-'
        ? await work(ctx.output.data)
        : await withOutputFile(file, { force: options.force === true, signal: ctx.signal }, (stream) =>
            work(stream, { reuseMemory: true }),
          );
    bar.clear();
    const seconds = (performance.now() - started) / 1000;
    const facts = { file, rows, bytes, seconds: Number(seconds.toFixed(3)), ...defined({ from, to }) };
    if (rows === 0) {
      const there = available
        ? `there is data from ${available.first} to ${available.last}`
        : 'there is no data at all';
      const what = request.eventPublicIds ? ' of these events' : '';
      return await ctx.output.nothing(`${file === '-' ? '' : `${file}: `}0 rows${range}: ${there}${what}.`, facts);
    }
    const speed = `${grouped(rows)} rows${range}, ${fileSize(bytes)} of CSV in ${seconds.toFixed(2)} s (${megabytes(bytes / seconds)}/s)`;
    if (file === '-') {
      // Standard output has the data: the summary goes to stderr.
      return await ctx.output.say(ctx.output.success(`${speed}.`));
    }
    await ctx.output.done(ctx.output.success(`${file}: ${speed}.`), facts);
  } finally {
    bar.clear();
  }
}
