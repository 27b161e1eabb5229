import type { Writable } from 'node:stream';
import type { Pool } from 'pg';
import { type Snapshot, withSnapshot } from '../database/snapshot.ts';
import {
  type ExportOptions,
  type ExportProgress,
  type ExportRequest,
  type ExportResult,
  exportFrom,
} from './export-experiment.ts';
import { readsHours } from './export-form.ts';
import { estimatedRows } from './extent.ts';

/** One of the files of an export. */
export interface FileOfExport {
  request: ExportRequest;
}

/** Writes the content of a file. */
export type WriteContent = (destination: Writable, options: ExportOptions) => Promise<ExportResult>;

export interface FilesOptions extends Omit<ExportOptions, 'signal' | 'onProgress'> {
  signal: AbortSignal;
  /** Called with the progress over all files. */
  onProgress(progress: Omit<ExportProgress, 'rows'>): void;
}

/**
 * Exports several files, one after the other, all as of the same moment.
 * @param plan returns the files
 * @param write opens a file, and has its content written
 * @throws what `write` throws; the files before are complete
 */
export async function exportFiles<F extends FileOfExport>(
  pool: Pool,
  plan: (snapshot: Snapshot) => Promise<readonly F[]>,
  options: FilesOptions,
  write: (file: F, content: WriteContent) => Promise<void>,
): Promise<void> {
  let writing: Promise<void> | undefined;
  const writeAll = async (snapshot: Snapshot) => {
    const files = await plan(snapshot);
    const expected: number[] = [];
    for (const { request } of files) {
      expected.push(await estimatedRows(snapshot.leader, request));
    }
    const written = { datapoints: 0, bytes: 0 };
    for (const [at, file] of files.entries()) {
      writing = write(file, async (destination, more) => {
        const result = await exportFrom(snapshot, file.request, destination, {
          ...options,
          ...more,
          onProgress({ datapoints, bytes, totalDatapoints }) {
            expected[at] = totalDatapoints;
            options.onProgress({
              datapoints: written.datapoints + datapoints,
              bytes: written.bytes + bytes,
              totalDatapoints: expected.reduce((sum, rows) => sum + rows),
            });
          },
        });
        expected[at] = result.datapoints;
        written.datapoints += result.datapoints;
        written.bytes += result.bytes;
        return result;
      });
      await writing;
    }
  };
  try {
    await withSnapshot(pool, options.signal, writeAll, { ...options, wantsHours: readsHours(options.form) });
  } finally {
    // When interrupted, the file that was being written is yet to be removed.
    await Promise.allSettled([writing]);
  }
}
