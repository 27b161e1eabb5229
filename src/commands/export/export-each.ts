import { statSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { ClientBase, Pool } from 'pg';
import type { Context } from '../../cli/context.ts';
import { counted, listed } from '../../cli/text.ts';
import type { Snapshot } from '../../database/snapshot.ts';
import { ConflictError, InvalidInputError } from '../../errors.ts';
import { exportFiles, type WriteContent } from '../../export/export-files.ts';
import type { ExportForm } from '../../export/export-form.ts';
import { exportFileNames } from '../../export/file-name.ts';
import type { ExportRequest } from '../../export/request.ts';
import { fileExists } from '../../files/file-error.ts';
import { bucketNote } from './bucket-options.ts';
import { createFolder, engineOptions, type OutputOptions, writeFile } from './export-to.ts';
import { type Exported, factsOf, type Part, sentenceOf, volumeOf } from './exported.ts';
import { defaultSuffix } from './file-format.ts';
import { type FormOptions, formOf } from './form-options.ts';

type FileOfExport = Part & { path: string };

/**
 * Exports to several files in a folder: a line for each as it is done, and the total.
 * @param plan returns what becomes a file each, of the requests
 * @throws InvalidInputError unless the output can be a folder; ConflictError if a file exists, before any is written
 */
export async function exportEach(
  ctx: Context,
  pool: Pool,
  plan: (client: ClientBase) => Promise<readonly Part[]>,
  requests: readonly ExportRequest[],
  layout: string,
  options: OutputOptions & FormOptions,
): Promise<void> {
  if (options.resume || options.dryRun) {
    const name = options.resume ? '--resume' : '--dry-run';
    throw new InvalidInputError(`${name} is for one file, and --layout ${layout} writes several.`, {
      hint: `Pass --layout one-file, or name one experiment; or leave ${name} out.`,
    });
  }
  const folder = folderOf(options.output, layout);
  const format = options.format ?? 'csv';
  const started = performance.now();
  const { output } = ctx;
  const form = await formOf(ctx, options, format);
  const { shape } = form;
  let files: FileOfExport[] = [];
  const done: Exported[] = [];
  const facts = () => factsOfAll(done, files, shape, (performance.now() - started) / 1000);
  const planFiles = async ({ leader }: Snapshot) => {
    const parts = await plan(leader);
    const subjects = parts.map(({ subject }) => subject);
    const names = exportFileNames(subjects, defaultSuffix(format));
    const planned = parts.map((part, at) => ({ ...part, path: join(folder, names[at] ?? '') }));
    await refuseExisting(planned, options.force === true);
    createFolder(folder);
    files = planned;
    return planned;
  };
  const writeOne = async (file: FileOfExport, content: WriteContent) => {
    const exported = await writeFile(ctx, pool, file.path, file, options, { format, form }, content);
    done.push(exported);
    const sentence = await sentenceOf(ctx, exported, shape);
    await (exported.result.rows === 0 ? output.warn(sentence) : output.say(output.success(sentence)));
  };
  try {
    await ctx.progress(`Exporting to ${folder === '.' ? 'this folder' : folder}`, async (show) =>
      exportFiles(pool, planFiles, engineOptions(ctx, show, options, form, requests), writeOne),
    );
  } catch (error) {
    if (files.length > 0) {
      const all = facts();
      const before = done.length > 0 ? `exported before the failure: ${listed(done.map(({ file }) => file))}; ` : '';
      await output.warn(`${before}not exported: ${listed(all.not_exported)}.`);
      await (output.structured ? output.one(all) : undefined);
    }
    throw error;
  }
  const all = facts();
  if (done.length === 0) {
    return await output.nothing('Nothing was exported: there is no data.', all);
  }
  const total = `${counted(done.length, 'file')}: ${counted(all.rows, 'row')}, ${volumeOf(all.bytes, format, all.seconds)}.${bucketNote(shape)}`;
  await output.done(output.success(total), all);
}

function factsOfAll(
  done: readonly Exported[],
  files: readonly FileOfExport[],
  shape: ExportForm['shape'],
  seconds: number,
) {
  const sum = (what: 'rows' | 'datapoints' | 'bytes') => done.reduce((total, { result }) => total + result[what], 0);
  return {
    files: done.map(({ subject: { experiment, event }, ...exported }) => ({
      ...factsOf({ ...exported, subject: {} }, shape),
      ...(experiment ? { experiment: experiment.name, experiment_public_id: experiment.publicId } : {}),
      ...(event ? { event: event.name, event_public_id: event.publicId } : {}),
    })),
    ...{ rows: sum('rows'), datapoints: sum('datapoints'), bytes: sum('bytes'), seconds: Number(seconds.toFixed(3)) },
    not_exported: files.slice(done.length).map(({ path }) => path),
  };
}

/** @throws InvalidInputError for what is not, and cannot become, a folder */
function folderOf(output: string | undefined, layout: string): string {
  if (output === undefined) {
    return '.';
  }
  const stats = output === '-' ? undefined : statSync(output, { throwIfNoEntry: false });
  const isFolder = stats ? stats.isDirectory() : output.endsWith('/') || extname(output) === '';
  if (output === '-' || output === '' || !isFolder) {
    const what =
      output === '-'
        ? 'Standard output is one file'
        : output === ''
          ? 'The --output is empty'
          : `--output ${output} is one file`;
    throw new InvalidInputError(`${what}, but --layout ${layout} writes several.`, {
      hint: 'Pass a folder, such as -o runs/, or --layout one-file.',
    });
  }
  return output;
}

async function refuseExisting(files: readonly FileOfExport[], force: boolean): Promise<void> {
  const exist: string[] = [];
  for (const { path } of force ? [] : files) {
    if (await lstat(path).catch(() => undefined)) {
      exist.push(path);
    }
  }
  const [first, another] = exist;
  if (first !== undefined && another === undefined) {
    throw fileExists(first);
  }
  if (first !== undefined) {
    throw new ConflictError(`${exist.length} of ${counted(files.length, 'file')} already exist: ${listed(exist)}.`, {
      hint: 'Pass --force to replace them, or choose another folder with --output.',
    });
  }
}
