import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Pool } from 'pg';
import { InvalidInputError } from '../errors.ts';
import { checkOutput, withOutputFile } from '../files/output-file.ts';
import type { Kept } from '../files/records.ts';
import { resolveTarget } from '../files/target.ts';
import { defined } from '../text/defined.ts';
import { ChangedError, type ExportCut } from './cut.ts';
import type { ExportResult } from './export-experiment.ts';
import type { WriteContent } from './export-files.ts';
import type { ExportForm } from './export-form.ts';
import { type ExportRecords, keepRecord } from './export-record.ts';
import type { ExportRequest } from './request.ts';
import type { ResumableFile } from './resumable-file.ts';
import { discardInterrupted, type ResumableOptions, withResumableFile } from './resume.ts';

const SUM_SUFFIXES = ['.sha256'];

export interface FileExportOptions extends ResumableOptions {
  /** Also writes `FILE.sha256`, as sha256sum does. */
  checksum?: boolean;
  /** Goes on with an earlier export into this file that was interrupted, and lets a later one go on. */
  resume?: boolean;
  /** Where a record of it is kept. */
  records?: ExportRecords;
  now?: Date;
}

export interface FileExportResult extends ExportResult {
  /** Of the file on disk, in lowercase hex; `undefined` if it is not a regular file. */
  sha256?: string;
  /** The rows that an interrupted export had written. */
  resumedRows?: number;
  /** The rows that an interrupted export had kept of it, which are no longer needed; `undefined` if there was none. */
  discardedRows?: number;
  /** The record; `undefined` if none was wanted. */
  kept?: Kept;
}

/**
 * Exports into a file, which appears when it is complete: see `withOutputFile`. With a checksum, either both files appear or none,
 * unless the program is killed between the two.
 * @param content writes the export of that request in that form
 * @throws also as `withResumableFile`; InvalidInputError for options that a pipe or a device cannot have
 */
export async function exportToFile(
  pool: Pool,
  { request, form }: { request: ExportRequest; form: ExportForm },
  path: string,
  content: WriteContent,
  { checksum = false, resume = false, records, now = new Date(), ...options }: FileExportOptions = {},
): Promise<FileExportResult> {
  const { force = false } = options;
  const { stats } = await resolveTarget(path).catch(() => ({ stats: undefined }));
  const isFile = stats === undefined || stats.isFile();
  if (!isFile && (checksum || resume)) {
    throw new InvalidInputError(
      `--${checksum ? 'checksum' : 'resume'} needs a file, and ${path} is a pipe or a device.`,
      { hint: 'Leave it out.' },
    );
  }
  if (checksum) {
    await checkOutput(sumPath(path), { force, suffixes: SUM_SUFFIXES });
  }
  const hash = createHash('sha256');
  let digest = () => hash.copy().digest('hex');
  const finish = async (publish: () => Promise<void>) => {
    if (checksum) {
      await publish();
      await writeSum(path, digest(), force);
    }
  };
  const result: FileExportResult = resume
    ? await withResumableFile(pool, path, { request, form }, options, async (stream, publish, file) => {
        digest = () => file.sha256;
        const exported = await goOn(file, force, (after) =>
          content(stream, { reuseMemory: true, onCut: file.keep, ...defined({ after }) }),
        );
        await finish(publish);
        return exported;
      })
    : await withOutputFile(
        path,
        { ...options, ...(isFile && { onWritten: (bytes: Buffer) => void hash.update(bytes) }) },
        async (stream, publish) => {
          const exported = await content(stream, { reuseMemory: true });
          await finish(publish);
          return exported;
        },
      );
  if (!isFile) {
    return result;
  }
  const sha256 = digest();
  const facts = { file: path, sha256, rows: result.rows, datapoints: result.datapoints, request, form };
  const kept = records && (await keepRecord(pool, records, facts, now));
  const discardedRows = resume ? undefined : await discardInterrupted(pool, path);
  return { ...result, sha256, ...defined({ kept, discardedRows }) };
}

/** Exports after what is kept in a file; if that has changed, from the start, or not at all. */
async function goOn(
  file: ResumableFile,
  force: boolean,
  work: (after: ExportCut | undefined) => Promise<FileExportResult>,
): Promise<FileExportResult> {
  const after = file.kept;
  try {
    return { ...(await work(after)), ...(after && { resumedRows: after.rows }) };
  } catch (error) {
    if (!(error instanceof ChangedError)) {
      throw error;
    }
    if (!force) {
      throw file.cannotGoOn(error.message);
    }
    await file.restart();
    return await work(undefined);
  }
}

function sumPath(path: string): string {
  return `${path}.sha256`;
}

/** Writes a line of sha256sum, in which a name that would break it is escaped. */
async function writeSum(path: string, sha256: string, force: boolean): Promise<void> {
  const name = basename(path);
  const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  const line = `${escaped === name ? '' : '\\'}${sha256}  ${escaped}\n`;
  await withOutputFile(sumPath(path), { force, suffixes: SUM_SUFFIXES }, async (stream) => void stream.write(line));
}
