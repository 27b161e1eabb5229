import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'pg';
import type { Database } from '../database/database.ts';
import { withLock } from '../database/session.ts';
import { type Snapshot, withSnapshot } from '../database/snapshot.ts';
import { ConflictError, LockTimeoutError, NotFoundError } from '../errors.ts';
import { contentIn } from '../export/cut.ts';
import { exportFrom } from '../export/export-experiment.ts';
import type { ExportForm } from '../export/export-form.ts';
import { selection } from '../export/query.ts';
import { withOutputFile } from '../files/output-file.ts';
import { partFileAt } from '../files/part-file.ts';
import { partPath } from '../files/part-name.ts';
import { reading } from '../storage/conversion.ts';
import { VERSION } from '../version.ts';
import { contentOf, isContentOf } from './content.ts';
import { createLoaded, LOADED, load } from './load.ts';
import { type ArchivedFile, damaged, isWhole, readManifest, requestOf, titleOf, writeManifest } from './manifest.ts';
import { type Period, type PeriodOptions, periodsOf } from './periods.ts';

/** "arch" as a number. */
const ARCHIVE_LOCK = 0x61726368;
const EVERYTHING = Number.MAX_SAFE_INTEGER;

export interface ArchiveOptions extends PeriodOptions {
  folder: string;
  hasIds: boolean;
  signal: AbortSignal;
  now: Date;
  onProgress(progress: { rows: number }): void;
  /** Called for each file, with whether it was already there. */
  onFile(file: ArchivedFile, isNew: boolean): Promise<void>;
}

/** Calls `work` while no other process archives or restores datapoints of this database. */
export async function alone<T>(pool: Pool, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const busy = (): never => {
    throw new LockTimeoutError('Another process is archiving or restoring datapoints of this database.', {
      hint: 'Try again when it is done.',
    });
  };
  return await withLock(pool, { key: ARCHIVE_LOCK, timeoutSeconds: 0, signal, busy }, work);
}

/**
 * Writes old datapoints to a file for each period, and reads each back; a file that has them already stays. The datapoints
 * stay in the database.
 * @returns the files that have them
 * @throws ConflictError for a file that the manifest does not have, or the archive of another database; InvalidInputError for one that is damaged
 */
export async function archiveDatapoints(database: Database, options: ArchiveOptions): Promise<ArchivedFile[]> {
  const { pool } = database;
  const files = await readManifest(options.folder).catch((error: unknown) => {
    if (error instanceof NotFoundError) {
      return [];
    }
    throw error;
  });
  await expectOwn(pool, files, options.folder);
  const done: ArchivedFile[] = [];
  for (const period of await periodsOf(pool, options)) {
    const listed = await archived(pool, files, period, options);
    const isThere = listed !== undefined && (await isWhole(options.folder, listed, options.signal));
    const name = listed?.name ?? newName(files, period);
    const file = isThere ? listed : await writeFile(database, files, { ...period, name }, options);
    done.push(file);
    await options.onFile(file, !isThere);
  }
  return done;
}

/** @throws ConflictError for the archive of another database, whose events of the same names would be taken for those of this one */
async function expectOwn(pool: Pool, files: readonly ArchivedFile[], folder: string): Promise<void> {
  const ids = files.flatMap(({ events }) => events.map(({ public_id }) => public_id));
  const { rowCount } = await pool.query('select from events where public_id = any ($1) limit 1', [ids]);
  if (ids.length > 0 && !rowCount) {
    throw new ConflictError(`${folder} is the archive of another database: none of its events is in this one.`, {
      hint: 'Archive this one into a folder of its own.',
    });
  }
}

/** Returns the file that has, or should have, exactly the datapoints that the database has of a period. */
async function archived(
  pool: Pool,
  files: readonly ArchivedFile[],
  period: Period,
  { hasIds, signal }: ArchiveOptions,
): Promise<ArchivedFile | undefined> {
  const candidates = files.filter((file) => isOf(file, period) && file.with_ids === hasIds);
  if (candidates.length === 0) {
    return undefined;
  }
  const content = await withSnapshot(pool, signal, ({ leader }) => contentOf(leader, period, hasIds));
  return candidates.find((file) => isContentOf(content, file));
}

function isOf(file: ArchivedFile, { from, to, experiment, keep_experiments }: Period): boolean {
  const isSame = file.experiment?.public_id === experiment?.public_id && file.keep_experiments === keep_experiments;
  return isSame && file.from === from && file.to === to;
}

async function writeFile(
  database: Database,
  files: ArchivedFile[],
  { name, stem: _, ...period }: Period & { name: string },
  { folder, hasIds, signal, now, onProgress }: ArchiveOptions,
): Promise<ArchivedFile> {
  const { pool, layout } = database;
  if (lstatSync(join(folder, name), { throwIfNoEntry: false })) {
    throw new ConflictError(`${join(folder, name)} already exists, and the manifest of the archive does not have it.`, {
      hint: 'Move it away, or choose another folder.',
    });
  }
  const hash = createHash('sha256');
  let [path, bytes] = ['', 0];
  const output = {
    ...{ suffixes: ['.parquet'], signal },
    onWritten(piece: Buffer) {
      hash.update(piece);
      bytes += piece.length;
    },
    async part(target: string) {
      path = partPath(target);
      return await partFileAt(path, await open(path, 'wx'), target, undefined);
    },
  };
  return await withOutputFile(join(folder, name), output, async (stream) => {
    const facts = await withSnapshot(pool, signal, async (snapshot) => {
      const known = await factsOf(snapshot, period, hasIds);
      await exportFrom(snapshot, requestOf(period), stream, {
        ...{ form: formOf(hasIds), signal },
        // In one slice: sorted by event.
        ...{ rowsPerSlice: EVERYTHING, jobs: 1, reuseMemory: true },
        onProgress: ({ datapoints }) => onProgress({ rows: datapoints }),
      });
      return known;
    });
    const file: ArchivedFile = {
      ...{ name, ...period, ...facts, bytes, sha256: hash.digest('hex'), with_ids: hasIds },
      ...{ layout: layout.name, archived_on: now.toISOString(), program: VERSION },
    };
    await expectContent(pool, path, file, signal);
    const others = files.filter((other) => other.name !== name);
    files.splice(0, files.length, ...others, file);
    // Before the file: a file that is missing is written again, one that is not in the manifest would be in the way.
    await writeManifest(folder, files);
    return file;
  });
}

function formOf(ids: boolean): ExportForm {
  return { shape: { kind: 'long', ids, archived: true }, encoding: { kind: 'parquet' }, time: { format: 'epoch' } };
}

/** Returns a name that no file of the archive has had: one that is missing may have the only copy of its datapoints. */
function newName(files: readonly ArchivedFile[], { stem }: Period): string {
  const known = new Set(files.map(({ name }) => name));
  let name = `${stem}.parquet`;
  for (let part = 2; known.has(name); part++) {
    name = `${stem}_${part}.parquet`;
  }
  return name;
}

async function factsOf({ leader }: Snapshot, period: Omit<Period, 'stem'>, hasIds: boolean) {
  const condition = selection(requestOf(period));
  const { datapoints: rows, hash: content } = await contentOf(leader, period, hasIds);
  const { rows: events } = await leader.query<ArchivedFile['events'][number]>(
    `select public_id, name, unit from events
      where public_id in (select event_public_id from datapoints d where ${condition}) order by name`,
  );
  const { rows: experiments } = await leader.query<ArchivedFile['experiments'][number]>(
    `select public_id, name from experiments
      where public_id in (select experiment_public_id from datapoints d where ${condition}) order by name`,
  );
  return { rows, content, events, experiments };
}

/**
 * Reads a file as a restore does, and compares what the server then has with what it had.
 * @throws InvalidInputError
 */
async function expectContent(pool: Pool, path: string, file: ArchivedFile, signal: AbortSignal): Promise<void> {
  const { with_ids: hasIds } = file;
  const read = await reading(pool, async (client) => {
    await createLoaded(client);
    await load(client, path, { hasIds, signal });
    return await contentIn(client, `${LOADED} d`, hasIds);
  });
  if (!isContentOf(read, file)) {
    throw damaged(path, `${titleOf(file)} does not read back as it was written`);
  }
}
