import type { Writable } from 'node:stream';
import type { Pool } from 'pg';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { wholeNumberBetween } from '../../cli/parse.ts';
import { fileSize, grouped, megabytes } from '../../cli/text.ts';
import type { ExperimentRow } from '../../domain/experiments.ts';
import { type ExportResult, exportExperiment } from '../../export/export-experiment.ts';
import { exportFileName } from '../../export/file-name.ts';
import type { ExportRequest } from '../../export/request.ts';
import { withOutputFile } from '../../files/output-file.ts';
import { defined } from '../../text/defined.ts';
import { shownRange } from '../standard/time-range.ts';
import { type FormOptions, formOf } from './form-options.ts';

const MAX_JOBS = 8;

export interface OutputOptions {
  output?: string;
  jobs?: number;
  force?: boolean;
}

export function outputOptions(command: Command): Command {
  return command
    .option(
      '-o, --output <file>',
      '- for standard output; .gz and .zst are compressed; default: experiment_NAME_ID.csv',
    )
    .option(
      '--jobs <n>',
      `parallel connections, 1 to ${MAX_JOBS}; default: one per processor, at most 4`,
      wholeNumberBetween(1, MAX_JOBS),
    )
    .option('--force', 'replace the file if it exists');
}

export async function exportTo(
  ctx: Context,
  pool: Pool,
  experiment: ExperimentRow,
  request: ExportRequest,
  options: OutputOptions & FormOptions,
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
      form: formOf(options),
      ...defined({ jobs: options.jobs }),
      signal: ctx.signal,
      onProgress: ({ datapoints, totalDatapoints, bytes }) =>
        bar.update({ rows: datapoints, bytes, totalRows: totalDatapoints }),
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
