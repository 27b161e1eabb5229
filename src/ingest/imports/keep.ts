import { resolve } from 'node:path';
import type { Pool } from 'pg';
import { isConnectionLost } from '../../database/failure.ts';
import { type DatabaseName, nameOf } from '../../database/identity.ts';
import { isoTimestamp } from '../../entities/types.ts';
import { type Kept as KeptRecord, userName } from '../../files/records.ts';
import { defined } from '../../text/defined.ts';
import type { Created } from '../creation.ts';
import type { CreatedRow, ImportRecord, ImportRecords } from './record.ts';
import type { WrittenRows } from './written-rows.ts';

/** How many files of one import are named. */
const MAX_NAMED = 10;

/** What an import has written, before its transaction commits. */
export interface WrittenImport extends WrittenRows, Created {
  rows: number;
  /** Datapoints of the database that it replaced. */
  replaced?: number;
  first: string | undefined;
  last: string | undefined;
}

/** What is imported, and when. */
export interface ImportFacts {
  /** As given; `-` for standard input. */
  files: readonly string[];
  experimentPublicId?: string | undefined;
  now: Date;
}

/** The id of the record; or why there is none; or neither, as nothing was imported. */
export type Kept = KeptRecord | undefined;

/** What an import has resulted in, and its record. */
export interface Recorded<T> {
  result: T;
  kept: Kept;
}

/**
 * Calls `work`, which imports files in a transaction, and calls `keep` before that commits. The record is removed if the
 * import fails, unless it may have been committed. Without a record the import succeeds all the same.
 */
export async function withRecord<T>(
  pool: Pool,
  records: ImportRecords,
  facts: ImportFacts,
  work: (keep: (written: WrittenImport) => Promise<void>) => Promise<T>,
): Promise<Recorded<T>> {
  const database = await nameOf(pool);
  let kept: Kept;
  try {
    const result = await work(async (written) => {
      if (written.rows > 0) {
        kept = 'problem' in database ? database : await records.keep(recordOf(facts, written, database));
      }
    });
    return { result, kept };
  } catch (error) {
    if (kept && 'id' in kept && !isConnectionLost(error)) {
      await records.remove(kept.id);
    }
    throw error;
  }
}

function recordOf(
  { files, experimentPublicId, now }: ImportFacts,
  { rows, replaced = 0, first = '', last = '', xid, ids, xids, createdEvents, createdExperiment }: WrittenImport,
  database: DatabaseName,
): Omit<ImportRecord, 'id'> {
  return {
    file: pathsOf(files),
    rows,
    replaced,
    first,
    last,
    experiment_public_id: createdExperiment?.publicId ?? experimentPublicId ?? null,
    imported_on: isoTimestamp(now.toISOString()),
    user: userName(),
    ...database,
    xid,
    lowest_id: ids?.lowest ?? null,
    highest_id: ids?.highest ?? null,
    undone_on: null,
    undo_xid: null,
    ...defined({
      xids,
      created_events: createdEvents.length > 0 ? createdEvents.map(rowOf) : undefined,
      created_experiment: createdExperiment && rowOf(createdExperiment),
    }),
  };
}

function rowOf({ publicId, name }: { publicId: string; name: string }): CreatedRow {
  return { public_id: publicId, name };
}

function pathsOf(files: readonly string[]): string | null {
  const paths = files.map((file) => (file === '-' ? file : resolve(file)));
  const more = paths.length - MAX_NAMED;
  const named = `${paths.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return named === '-' ? null : named;
}
