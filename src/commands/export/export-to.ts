import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { ShowProgress } from '../../cli/progress.ts';
import { counted } from '../../cli/text.ts';
import { InvalidInputError } from '../../errors.ts';
import { exportExperiment } from '../../export/export-experiment.ts';
import type { WriteContent } from '../../export/export-files.ts';
import type { ExportForm } from '../../export/export-form.ts';
import { ExportRecords } from '../../export/export-record.ts';
import { exportToFile, type FileExportResult } from '../../export/export-to-file.ts';
import { exportFileNames, type FileSubject } from '../../export/file-name.ts';
import type { ExportRequest } from '../../export/request.ts';
import { anyFileError } from '../../files/file-error.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { defined } from '../../text/defined.ts';
import { type ArchiveOption, withArchive } from '../standard/archive.ts';
import { jobsOption } from '../standard/jobs.ts';
import { bucketNote } from './bucket-options.ts';
import { type Exported, factsOf, type Part, sentenceOf } from './exported.ts';
import { defaultSuffix, FILE_SUFFIXES, type FileFormat, fileFormatOf, isBinary } from './file-format.ts';
import { type FormOptions, formOf } from './form-options.ts';

export interface OutputOptions extends ArchiveOption {
  output?: string;
  jobs?: number;
  force?: boolean;
  checksum?: boolean;
  resume?: boolean;
  dryRun?: boolean;
}

export function outputOptions(command: Command): Command {
  return command
    .optionsGroup('Where it is written:')
    .option(
      '-o, --output <file>',
      'file, folder, or - for standard output; the suffix is the format; .gz and .zst are compressed; ' +
        'default: experiment_NAME_ID.csv, or datapoints.csv; or standard output, if it is redirected to a file; in a pipe, pass -',
    )
    .with(jobsOption())
    .option('--force', 'replace the file if it exists')
    .option('--checksum', 'also write FILE.sha256, for "sha256sum -c"')
    .option('--resume', 'keep what is written when interrupted, and continue after it when run again')
    .option('--dry-run', 'print how many rows and bytes it would be, and how long it would take; write nothing');
}

/** Exports to one file, also of the default name in a folder, or to standard output. */
export async function exportTo(
  ctx: Context,
  pool: Pool,
  part: Part,
  options: OutputOptions & FormOptions,
): Promise<void> {
  const format = fileFormatOf(options.format, options.output);
  const { file, folder } = fileOf(options.output, part.subject, defaultSuffix(format));
  const output = file === '-' ? ctx.output.onStderr : ctx.output;
  const form = await formOf(ctx, options, format);
  const { force } = options;
  if (options.dryRun) {
    const { printEstimate } = await import('./estimate.ts');
    return await ctx.progress('Estimating', async () =>
      printEstimate(ctx, file, part, {
        ...engineOptions(ctx, () => {}, options, form, [part.request]),
        ...{ inFolder: folder !== undefined, ...defined({ force }) },
      }),
    );
  }
  if (folder !== undefined) {
    createFolder(folder);
  }
  const write = async (show: ShowProgress) =>
    await writeFile(ctx, pool, file, part, options, { format, form }, async (stream, more) =>
      exportExperiment(pool, part.request, stream, {
        ...engineOptions(ctx, show, options, form, [part.request]),
        ...more,
      }),
    );
  // Data on the terminal shows by itself how far it is.
  const isShown = file === '-' && ctx.streams.stdoutIsTerminal;
  const exported = await (isShown
    ? write(() => {})
    : ctx.progress(`Exporting ${file === '-' ? 'to standard output' : file}`, write));
  const { shape } = form;
  const sentence = `${await sentenceOf(ctx, exported, shape)}${bucketNote(shape)}`;
  const facts = factsOf(exported, shape);
  await (exported.result.rows === 0 ? output.nothing(sentence, facts) : output.done(output.success(sentence), facts));
}

/** Returns the file of `--output`, of the default name without it or in its folder, which is one or is named like one. */
export function fileOf(
  output: string | undefined,
  subject: FileSubject,
  suffix: string,
): { file: string; folder: string | undefined } {
  const isFolder = output?.endsWith('/') || (output && statSync(output, { throwIfNoEntry: false })?.isDirectory());
  const folder = isFolder ? output : undefined;
  const name = exportFileNames([subject], suffix).join();
  return { file: folder === undefined ? (output ?? name) : join(folder, name), folder };
}

export function createFolder(path: string): void {
  try {
    makeFolder(path, 0o777);
  } catch (error) {
    throw anyFileError(error, path);
  }
}

/** Returns how to export, and show the progress. */
export function engineOptions(
  ctx: Context,
  show: ShowProgress,
  { jobs, archive }: OutputOptions,
  form: ExportForm,
  requests: readonly ExportRequest[],
) {
  const { shape, columns } = form;
  const needsIds = shape.kind === 'long' && shape.ids !== false && columns?.includes('datapoint_public_id') !== false;
  const prepare = withArchive(ctx, { archive }, requests, needsIds);
  return {
    ...{ form, signal: ctx.signal },
    ...defined({ jobs, prepare }),
    onProgress: (progress: { datapoints: number; bytes: number; totalDatapoints: number }) => {
      const { datapoints, bytes, totalDatapoints } = progress;
      show({ rows: datapoints, bytes, totalRows: totalDatapoints });
    },
  };
}

/**
 * Writes one file, and keeps a record of it; or writes standard output.
 * @throws InvalidInputError for options that need a file
 */
export async function writeFile(
  ctx: Context,
  pool: Pool,
  file: string,
  part: Part,
  { force = false, checksum = false, resume = false, archive }: OutputOptions,
  { format, form }: { format: FileFormat; form: ExportForm },
  content: WriteContent,
): Promise<Exported> {
  const started = performance.now();
  const exported = (result: FileExportResult) => ({
    ...{ ...part, file, format, result },
    seconds: (performance.now() - started) / 1000,
  });
  if (file === '-') {
    refuseForStdout({ checksum, resume });
    return exported(await content(isBinary(format) ? ctx.output.binary(format) : ctx.output.data, {}));
  }
  if (resume) {
    refuseResume(format, form);
  }
  const result = await exportToFile(pool, { request: part.request, form }, file, content, {
    ...{ force, checksum, resume, suffixes: FILE_SUFFIXES, signal: ctx.signal },
    // What is in an archive is not in the database that a record is compared with.
    ...{ now: ctx.now(), ...(archive === undefined && { records: new ExportRecords(ctx.embeddedDirectory) }) },
    onKept: async (rows) =>
      await ctx.output.say(`${counted(rows, 'row')} are kept. Run the same command again to continue after them.`),
  });
  return exported(result);
}

/** @throws InvalidInputError for a file that cannot be cut between two rows */
function refuseResume(format: FileFormat, { shape }: ExportForm): void {
  const fill = shape.kind === 'buckets' && shape.fill !== undefined && shape.fill !== 'none' ? shape.fill : undefined;
  if (isBinary(format) || fill !== undefined) {
    const other = fill === undefined ? `--format ${format}` : `--fill ${fill}`;
    throw new InvalidInputError(`--resume and ${other} cannot be combined: the rest depends on what is before it.`, {
      hint: 'Leave out --resume, or export CSV, TSV or NDJSON without --fill.',
    });
  }
}

function refuseForStdout(options: Pick<OutputOptions, 'checksum' | 'resume'>): void {
  const given = Object.entries(options).find(([, value]) => value);
  if (given) {
    throw new InvalidInputError(`--${given[0]} needs a file by --output: this goes to standard output.`, {
      hint: `Name the file with --output FILE, or leave --${given[0]} out.`,
    });
  }
}
