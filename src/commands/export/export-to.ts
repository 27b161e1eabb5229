import type { Pool } from 'pg';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { wholeNumberBetween } from '../../cli/parse.ts';
import type { ProgressBar } from '../../cli/progress.ts';
import { exportExperiment } from '../../export/export-experiment.ts';
import type { WriteContent } from '../../export/export-files.ts';
import { exportFileNames } from '../../export/file-name.ts';
import { withOutputFile } from '../../files/output-file.ts';
import { defined } from '../../text/defined.ts';
import { bucketNote } from './bucket-options.ts';
import { type Exported, factsOf, type Part, sentenceOf } from './exported.ts';
import { defaultSuffix, FILE_SUFFIXES, type FileFormat, fileFormatOf, isBinary } from './file-format.ts';
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
      'file, folder for several, or - for standard output; the suffix says the format; .gz and .zst are compressed; ' +
        'default: experiment_NAME_ID.csv, or datapoints.csv',
    )
    .option(
      '--jobs <n>',
      `parallel connections, 1 to ${MAX_JOBS}; default: one per processor, at most 4`,
      wholeNumberBetween(1, MAX_JOBS),
    )
    .option('--force', 'replace the file if it exists');
}

/** Exports to one file, or to standard output. */
export async function exportTo(
  ctx: Context,
  pool: Pool,
  part: Part,
  options: OutputOptions & FormOptions,
): Promise<void> {
  const format = fileFormatOf(options.format, options.output);
  const file = options.output ?? exportFileNames([part.subject], defaultSuffix(format)).join();
  const output = file === '-' ? ctx.output.onStderr : ctx.output;
  const bar = ctx.progress();
  try {
    const every = await engineOptions(ctx, bar, options, format);
    const exported = await writeFile(ctx, file, part, options, format, async (stream, more) => {
      return await exportExperiment(pool, part.request, stream, { ...every, ...more });
    });
    bar.clear();
    const { shape } = every.form;
    const sentence = `${await sentenceOf(ctx, exported, shape)}${bucketNote(shape)}`;
    const facts = factsOf(exported, shape);
    await (exported.result.rows === 0 ? output.nothing(sentence, facts) : output.done(output.success(sentence), facts));
  } finally {
    bar.clear();
  }
}

/** Returns how to export, and show the progress. */
export async function engineOptions(
  ctx: Context,
  bar: ProgressBar,
  options: OutputOptions & FormOptions,
  format: FileFormat,
) {
  return {
    form: await formOf(ctx, options, format),
    ...defined({ jobs: options.jobs }),
    signal: ctx.signal,
    onProgress: (progress: { datapoints: number; bytes: number; totalDatapoints: number }) => {
      const { datapoints, bytes, totalDatapoints } = progress;
      bar.update({ rows: datapoints, bytes, totalRows: totalDatapoints });
    },
  };
}

/** Writes one file, or standard output. */
export async function writeFile(
  ctx: Context,
  file: string,
  part: Part,
  { force = false }: OutputOptions,
  format: FileFormat,
  content: WriteContent,
): Promise<Exported> {
  const started = performance.now();
  const result =
    file === '-'
      ? await content(isBinary(format) ? ctx.output.binary(format) : ctx.output.data, {})
      : await withOutputFile(file, { force, suffixes: FILE_SUFFIXES, signal: ctx.signal }, (stream) =>
          content(stream, { reuseMemory: true }),
        );
  return { ...part, file, format, result, seconds: (performance.now() - started) / 1000 };
}
