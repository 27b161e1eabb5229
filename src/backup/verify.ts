import { rowsIn } from '../transfer/measure.ts';
import { damaged } from './manifest.ts';
import type { Backup } from './read.ts';

const CONCURRENCY = 2;

/**
 * Reads all of a backup, and compares it with its manifest.
 * @throws InvalidInputError at the first difference
 */
export async function verify(
  backup: Backup,
  signal: AbortSignal,
  onProgress: (progress: { rows: number; bytes: number; totalRows: number }) => void = () => {},
): Promise<void> {
  const { path, manifest } = backup;
  const waiting = manifest.chunks.values();
  const totalRows = manifest.tables.reduce((sum, { rows }) => sum + rows, 0);
  const read = { rows: 0, bytes: 0 };
  const work = async () => {
    for (const chunk of waiting) {
      signal.throwIfAborted();
      const rows = rowsIn(await backup.read(chunk));
      if (rows !== chunk.rows) {
        throw damaged(path, `${chunk.name} has ${rows} rows, and its manifest ${chunk.rows}`);
      }
      read.rows += rows;
      read.bytes += chunk.bytes;
      onProgress({ ...read, totalRows });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}
