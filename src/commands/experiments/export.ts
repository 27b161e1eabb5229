import type { Writable } from 'node:stream';
import { type Command, InvalidArgumentError } from 'commander';
import type { Pool } from 'pg';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { repeated, wholeNumber } from '../../cli/parse.ts';
import { fileSize, grouped, megabytes } from '../../cli/text.ts';
import { type ExportResult, exportExperiment } from '../../export/export-experiment.ts';
import { exportFileName } from '../../export/file-name.ts';
import type { ExportRequest } from '../../export/request.ts';
import { withOutputFile } from '../../files/output-file.ts';
import type { ExperimentRow } from '../../site/experiments.ts';
import { type SelectionOptions, selectionOf } from '../datapoints/noun.ts';
import { find } from '../standard/noun.ts';
import { argumentHelp } from '../standard/show.ts';
import { EXPERIMENTS } from './noun.ts';

const MAX_JOBS = 8;

export interface ExportOptions extends Pick<SelectionOptions, 'from' | 'to' | 'event'> {
  output?: string;
  jobs?: number;
  force?: boolean;
}

export function declareExport(parent: Command, ctx: Context): void {
  const command = parent
    .command('export')
    .argument('<experiment>', argumentHelp(EXPERIMENTS))
    .description('write the datapoints of an experiment as CSV, in the order of time')
    .option(
      '-o, --output <file>',
      '- for standard output; .gz and .zst are compressed; default: experiment_NAME_ID.csv',
    )
    .option('--from <time>', 'from this moment: ISO 8601, now, yesterday, -2h')
    .option('--to <time>', 'up to, not including, this moment')
    .option('--event <event>', 'only this event; can be repeated', repeated)
    .option('--jobs <n>', `connections that work at once, 1 to ${MAX_JOBS}; default: one a processor, at most 4`, jobs)
    .option('--force', 'replace the file if it is there')
    .action(async (experiment: string, options: ExportOptions) => await exportCsv(ctx, experiment, options));
  examples(
    command,
    ['webmacs experiments export "Run 7"', 'into experiment_Run_7_….csv'],
    ['webmacs experiments export "Run 7" -o run7.csv.zst --force'],
    ['webmacs experiments export "Run 7" --event "Bed temperature" --from -2h -o - | head'],
  );
}

/** Exports one experiment, with a progress bar on a terminal and one line at the end. */
export async function exportCsv(ctx: Context, given: string, options: ExportOptions): Promise<void> {
  const experiment = await find(ctx, EXPERIMENTS, given);
  const { from, to, eventPublicIds } = await selectionOf(ctx, options);
  const request = {
    experimentPublicId: experiment.publicId,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(eventPublicIds === undefined ? {} : { eventPublicIds }),
  };
  await exportTo(ctx, await ctx.pool(), experiment, request, options);
}

/** Exports to the file that the options name, or the default one. */
export async function exportTo(
  ctx: Context,
  pool: Pool,
  experiment: ExperimentRow,
  request: ExportRequest,
  options: Pick<ExportOptions, 'output' | 'jobs' | 'force'>,
): Promise<void> {
  const file = options.output ?? exportFileName(experiment);
  const bar = ctx.progress();
  const started = performance.now();
  const work = async (stream: Writable, more: { reuseMemory?: boolean } = {}): Promise<ExportResult> =>
    await exportExperiment(pool, request, stream, {
      ...more,
      ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
      signal: ctx.signal,
      onProgress: (progress) => bar.update(progress),
    });
  try {
    const { rows, bytes } =
      file === '-'
        ? await work(ctx.streams.stdout)
        : await withOutputFile(file, { force: options.force === true }, (stream) =>
            work(stream, { reuseMemory: true }),
          );
    bar.clear();
    const seconds = (performance.now() - started) / 1000;
    const speed = `${grouped(rows)} rows, ${fileSize(bytes)} of CSV in ${seconds.toFixed(2)} s (${megabytes(bytes / seconds)}/s)`;
    if (file === '-') {
      // Standard output has the data; the summary must not get into it.
      return await ctx.output.say(ctx.output.success(`${speed}.`));
    }
    await ctx.output.done(ctx.output.success(`${file}: ${speed}.`), {
      file,
      rows,
      bytes,
      seconds: Number(seconds.toFixed(3)),
    });
  } finally {
    bar.clear();
  }
}

function jobs(text: string): number {
  const count = wholeNumber(text);
  if (count < 1 || count > MAX_JOBS) {
    throw new InvalidArgumentError(`It must be 1 to ${MAX_JOBS}.`);
  }
  return count;
}
