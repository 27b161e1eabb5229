import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Writable } from 'node:stream';
import type { Pool } from 'pg';
import { identityOf } from '../database/identity.ts';
import { withLock } from '../database/session.ts';
import { ConflictError, InterruptedError, InvalidInputError } from '../errors.ts';
import { compressionFor } from '../files/compression.ts';
import { fileError } from '../files/file-error.ts';
import { type OutputFileOptions, withOutputFile } from '../files/output-file.ts';
import { resolveTarget } from '../files/target.ts';
import { grouped } from '../text/counted.ts';
import { defined } from '../text/defined.ts';
import { VERSION } from '../version.ts';
import { discardPart, type Identity, partPathOf, ResumableFile } from './resumable-file.ts';

/** "resu" as a number: one resumable export into a file at a time; the second key is the file. */
const RESUME_LOCK = 0x72657375;

export interface ResumableOptions extends Pick<OutputFileOptions, 'force' | 'suffixes' | 'signal'> {
  /** How much is written between two states that are kept, at least; 8 MB by default. */
  bytesPerState?: number;
  /** Called if the export fails, unless it is refused, with the number of rows that are kept. */
  onKept?(rows: number): Promise<void>;
}

/**
 * Does as `withOutputFile`, with a part file that stays if `fill` rejects, and that the next call goes on with.
 * @throws ConflictError if another process writes it, or it was started in another way: with `force` it then starts anew;
 * InvalidInputError for a file that cannot be resumed
 */
export async function withResumableFile<T>(
  pool: Pool,
  path: string,
  { request, form }: Pick<Identity, 'request' | 'form'>,
  { onKept, bytesPerState, ...options }: ResumableOptions,
  fill: (stream: Writable, complete: () => Promise<void>, file: ResumableFile) => Promise<T>,
): Promise<T> {
  if (compressionFor(path) !== undefined) {
    throw new InvalidInputError(`--resume cannot continue a compressed file: ${path}.`, {
      hint: 'Leave out .gz or .zst, and compress the file once it is complete.',
    });
  }
  const busy = () => {
    throw new ConflictError(`Another export with --resume is writing ${path}.`, {
      hint: 'Wait for it, or choose another file.',
    });
  };
  return await withLock(pool, { ...(await lockOf(path)), signal: options.signal, busy }, async () => {
    const identity = { program: VERSION, database: await identityOf(pool), request, form };
    const file = new ResumableFile(path, identity, defined({ force: options.force, bytesPerState }));
    const { part, onWritten } = file;
    try {
      const result = await withOutputFile(path, { ...options, part, onWritten }, async (stream, complete) => {
        const check = async () => {
          await file.settle();
          await file.check();
        };
        try {
          const filled = await fill(stream, () => check().then(complete), file);
          await check();
          return filled;
        } finally {
          // What is being kept must be, before the file is closed.
          await file.settle();
        }
      });
      await file.forget();
      return result;
    } catch (error) {
      const rows = file.kept?.rows ?? 0;
      if (options.signal?.aborted) {
        throw new InterruptedError(
          rows > 0
            ? `Interrupted. ${grouped(rows)} rows are kept. Run the same command again to continue after them.`
            : 'Interrupted. No rows are kept: too few were written.',
        );
      }
      // What is refused would be refused again.
      if (rows > 0 && !(error instanceof ConflictError)) {
        await onKept?.(rows);
      }
      throw error;
    }
  });
}

/**
 * Removes what an interrupted export has kept of a file that is complete by now, unless another one is going on with it.
 * @returns how many rows that were; `undefined` if there was nothing
 */
export async function discardInterrupted(pool: Pool, path: string): Promise<number | undefined> {
  const part = partPathOf((await resolveTarget(path)).path);
  return existsSync(part)
    ? await withLock(pool, { ...(await lockOf(path)), busy: () => undefined }, async () => discardPart(part))
    : undefined;
}

/** The lock of a file that is the same for every process, also in another container or on another host. */
async function lockOf(path: string): Promise<{ key: number; of: string; timeoutSeconds: number }> {
  try {
    const target = await resolveTarget(path);
    const { ino } = await stat(dirname(target.path));
    const number = createHash('sha256')
      .update(`${ino}/${basename(target.path)}`)
      .digest()
      .readInt32BE();
    return { key: RESUME_LOCK, of: String(number), timeoutSeconds: 0 };
  } catch (error) {
    throw fileError(error, path);
  }
}
