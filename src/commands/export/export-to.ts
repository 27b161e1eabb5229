import type { Writable } from 'node:stream';
import type { Pool } from 'pg';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { wholeNumberBetween } from '../../cli/parse.ts';
import { counted, fileSize, megabytes } from '../../cli/text.ts';
import type { ExperimentRow } from '../../domain/experiments.ts';
import { type ExportResult, exportExperiment } from '../../export/export-experiment.ts';
import { exportFileName } from '../../export/file-name.ts';
import type { Changes } from '../../export/form.ts';
import type { ExportRequest } from '../../export/request.ts';
import { withOutputFile } from '../../files/output-file.ts';
import { defined } from '../../text/defined.ts';
import { shownRange } from '../standard/time-range.ts';
import { defaultSuffix, FILE_SUFFIXES, fileFormatOf } from './file-format.ts';
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
      '- for standard output; the suffix says the format; .gz and .zst are compressed; default: experiment_NAME_ID.csv',
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
  const format = fileFormatOf(options.format, options.output);
  const form = formOf(options, format);
  const file = options.output ?? exportFileName(experiment, defaultSuffix(format));
  const output = file === '-' ? ctx.output.onStderr : ctx.output;
  const { from, to } = request;
  const range = await shownRange(ctx, defined({ from, to }));
  const bar = ctx.progress();
  const started = performance.now();
  const work = async (stream: Writable, more: { reuseMemory?: boolean } = {}): Promise<ExportResult> =>
    await exportExperiment(pool, request, stream, {
      ...more,
      form,
      ...defined({ jobs: options.jobs }),
      signal: ctx.signal,
      onProgress: ({ datapoints, totalDatapoints, bytes }) =>
        bar.update({ rows: datapoints, bytes, totalRows: totalDatapoints }),
    });
  try {
    const { rows, datapoints, bytes, available, ...changes } =
      file === '-'
        ? await work(ctx.output.data)
        : await withOutputFile(
            file,
            { force: options.force === true, suffixes: FILE_SUFFIXES, signal: ctx.signal },
            (stream) => work(stream, { reuseMemory: true }),
          );
    bar.clear();
    const seconds = (performance.now() - started) / 1000;
    const changed = defined({
      duplicates: changes.duplicates || undefined,
      formulas: changes.formulas || undefined,
      cut_times: changes.cutTimes || undefined,
    });
    const facts = {
      ...{ file, rows, datapoints, bytes, seconds: Number(seconds.toFixed(3)) },
      ...defined({ from, to }),
      ...changed,
    };
    if (rows === 0) {
      const there = available
        ? `there is data from ${available.first} to ${available.last}`
        : 'there is no data at all';
      const what = request.eventPublicIds ? ' of these events' : '';
      return await output.nothing(`${file === '-' ? '' : `${file}: `}0 rows${range}: ${there}${what}.`, facts);
    }
    const of = rows === datapoints ? '' : ` of ${counted(datapoints, 'datapoint')}`;
    const speed = `${counted(rows, 'row')}${of}${range}, ${fileSize(bytes)} of ${format.toUpperCase()} in ${seconds.toFixed(2)} s (${megabytes(bytes / seconds)}/s)`;
    const notes = notesOn(changes, options.onDuplicate);
    await output.done(output.success(`${file === '-' ? '' : `${file}: `}${speed}.${notes}`), facts);
  } finally {
    bar.clear();
  }
}

/** Sentences on what the file has otherwise than the database. */
function notesOn({ duplicates, formulas, cutTimes }: Changes, onDuplicate: FormOptions['onDuplicate']): string {
  const how = onDuplicate === 'mean' ? 'Merged into means' : `Left out by --on-duplicate ${onDuplicate}`;
  const notes = [
    duplicates > 0 && `${how}: ${counted(duplicates, 'datapoint')} with the event and time of another one.`,
    formulas > 0 && `An apostrophe stands before ${counted(formulas, 'text')} that Excel would run as formulas.`,
    cutTimes > 0 && `Only milliseconds are written of ${counted(cutTimes, 'time')}: Excel reads no more.`,
  ];
  return notes.map((note) => (note ? `\n${note}` : '')).join('');
}
