import { createHash } from 'node:crypto';
import { columnName, LAYOUTS, type LayoutName } from '../database/layouts/layouts.ts';
import { InvalidInputError } from '../errors.ts';
import { isBoolean, isCount, isListOf, isObject, isOf, isText, isTime, matches, orNull } from '../files/record-form.ts';
import type { Loss } from '../transfer/losses.ts';
import type { Field } from '../transfer/mapping.ts';

/** Raised when an older program could no longer restore a backup. */
export const FORMAT = 1;

/** The last entry of a backup, without which it is not whole. */
export const MANIFEST_NAME = 'manifest.json';

/** A part of the rows of a table, in the text format of COPY, ordered by id. */
export interface Chunk {
  name: string;
  table: string;
  rows: number;
  bytes: number;
  sha256: string;
}

/** A column of a table in a backup: a property of its rows, in snake case, whatever its layout calls it. */
export interface BackupColumn {
  name: string;
  /** Whether the row stored it; else the layout derived it from what it stored. */
  stored: boolean;
}

export interface BackupTable {
  table: string;
  columns: BackupColumn[];
  rows: number;
  bytes: number;
  /** Of the checksums of its chunks, in their order. */
  sha256: string;
}

/** What a backup contains, and from where. */
export interface Manifest {
  format: number;
  /** The version of the program. */
  program: string;
  /** The moment that the rows are from: ISO 8601, in UTC. */
  created_on: string;
  database: string;
  layout: LayoutName;
  /** The latest migration of the schema. */
  migration: string | null;
  /** The time range of the datapoints, if they were limited to one. */
  from: string | null;
  to: string | null;
  /** Parents before children. */
  tables: BackupTable[];
  /** Tables of the layout that were left out. */
  without: string[];
  /** How many users are not admins: only some layouts have roles for them. */
  non_admins: number;
  /** What each other layout cannot store, by column; a restore counts that of the datapoints itself. */
  losses: Partial<Record<LayoutName, Loss[]>>;
  /** In the order of the file. */
  chunks: Chunk[];
}

/** Returns the name of an entry: sorted by name, those of a table are in the order of their ids. */
export function chunkName(table: string, range: number, part: number): string {
  return `${table}/${String(range).padStart(7, '0')}-${String(part).padStart(3, '0')}.copy`;
}

/** Returns the chunks of a table in the order of the ids of their rows. */
export function chunksOf({ chunks }: Pick<Manifest, 'chunks'>, table: string): Chunk[] {
  return chunks.filter((chunk) => chunk.table === table).sort((one, other) => (one.name < other.name ? -1 : 1));
}

export function columnOf({ property, isStored }: Field): BackupColumn {
  return { name: columnName(property), stored: isStored };
}

/** Returns the description of a table, of whose rows these chunks consist, among those of others. */
export function tableOf(table: string, columns: BackupColumn[], all: Chunk[]): BackupTable {
  const chunks = chunksOf({ chunks: all }, table);
  return {
    ...{ table, columns },
    rows: chunks.reduce((sum, { rows }) => sum + rows, 0),
    bytes: chunks.reduce((sum, { bytes }) => sum + bytes, 0),
    sha256: sha256(Buffer.from(chunks.map((chunk) => chunk.sha256).join('\n'))),
  };
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A backup is not what was written. */
export class DamagedBackupError extends InvalidInputError {}

export function damaged(path: string, why: string, cause?: unknown): DamagedBackupError {
  return new DamagedBackupError(`${path} is damaged: ${why}.`, {
    hint: 'Use another backup; "webmacs db backup list" shows which are whole.',
    cause,
  });
}

const LOSS = { table: isText, property: orNull(isText), rows: isCount };
const SUMS = { table: isText, rows: isCount, bytes: isCount, sha256: isText };

/** Whether each property of a manifest has its form. */
const FORMS: Record<keyof Manifest, (value: unknown) => boolean> = {
  ...{ format: isCount, program: isText, created_on: isTime, database: isText, migration: orNull(isText) },
  layout: (value) => isText(value) && Object.hasOwn(LAYOUTS, String(value)),
  ...{ from: orNull(isText), to: orNull(isText), without: isListOf(isText), non_admins: isCount },
  tables: isListOf(isOf({ ...SUMS, columns: isListOf(isOf({ name: isText, stored: isBoolean })) })),
  losses: (value) => isObject(value) && Object.values(Object(value)).every(isListOf(isOf(LOSS))),
  // Nothing outside of the folder.
  chunks: isListOf(isOf({ ...SUMS, name: matches(/^[a-z_]+\/\d{7,}-\d{3,}\.copy$/) })),
};

/**
 * Parses the manifest of a backup.
 * @throws DamagedBackupError if it is not one; InvalidInputError for a newer format
 */
export function manifestOf(text: string, path: string): Manifest {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw damaged(path, 'its manifest is not valid JSON', error);
  }
  const { format, program } = Object(manifest);
  if (Number.isSafeInteger(format) && format > FORMAT) {
    throw new InvalidInputError(`${path} has the format ${format}, and this program knows only up to ${FORMAT}.`, {
      hint: `Use webmacs ${program} or later.`,
    });
  }
  const wrong = Object.entries(FORMS).find(([key, is]) => !is(Object(manifest)[key]));
  if (wrong) {
    throw damaged(path, `"${wrong[0]}" of its manifest is missing or invalid`);
  }
  // Each of its properties has just been checked.
  return manifest as Manifest;
}
