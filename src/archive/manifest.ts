import { join } from 'node:path';
import { InvalidInputError, NotFoundError } from '../errors.ts';
import type { ExportRequest } from '../export/request.ts';
import { fingerprint } from '../files/fingerprint.ts';
import { readText } from '../files/input.ts';
import {
  isBoolean,
  isCount,
  isListOf,
  isOf,
  isText,
  isTime,
  matches,
  orNull,
  parseRecord,
} from '../files/record-form.ts';
import { writeWhole } from '../files/whole-file.ts';

const MANIFEST_NAME = 'manifest.json';
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/** A row that datapoints refer to, as it was when they were archived. */
export interface Referred {
  public_id: string;
  name: string;
}

/** A file of an archive: datapoints as they were at one moment. */
export interface ArchivedFile {
  /** In the folder of the manifest. */
  name: string;
  /** No datapoint is before the one time, or at or after the other: ISO 8601 in UTC. */
  from: string;
  to: string;
  /** Whose datapoints these are; null for those of any, and if `keep_experiments`, of none. */
  experiment: Referred | null;
  keep_experiments: boolean;
  rows: number;
  bytes: number;
  /** Of the file, in lowercase hex. */
  sha256: string;
  /** The fingerprint of the datapoints, as `contentIn` returns it. */
  content: string;
  with_ids: boolean;
  events: (Referred & { unit: string | null })[];
  experiments: Referred[];
  layout: string;
  archived_on: string;
  /** The version of the program. */
  program: string;
}

const isReferred = isOf({ public_id: isText, name: isText });

const FORMS: Record<keyof ArchivedFile, (value: unknown) => boolean> = {
  // Nothing outside of the folder.
  name: matches(/^[^./\\\0][^/\\\0]*\.parquet$/),
  ...{ from: isTime, to: isTime, experiment: orNull(isReferred), keep_experiments: isBoolean },
  ...{ rows: isCount, bytes: isCount, sha256: matches(/^[0-9a-f]{64}$/), content: matches(/^-?\d+$/) },
  ...{ with_ids: isBoolean, events: isListOf(isReferred), experiments: isListOf(isReferred) },
  ...{ layout: isText, archived_on: isTime, program: isText },
};

const KIND = {
  what: 'the manifest of an archive',
  // Without it the files are neither restored nor replaced; they may have the only copy of their datapoints.
  remedy: 'Replace it by a copy. Without one, keep the Parquet files, and archive into another folder.',
  version: 1,
  forms: { files: isListOf(isOf(FORMS)) },
};

/**
 * Reads which files an archive has.
 * @throws NotFoundError if it has no manifest; InvalidInputError if that is not one
 */
export async function readManifest(folder: string): Promise<ArchivedFile[]> {
  const path = join(folder, MANIFEST_NAME);
  const text = await readText(path, { maxBytes: MAX_MANIFEST_BYTES }).catch((error: unknown) => {
    throw error instanceof NotFoundError
      ? new NotFoundError(`${folder} is not an archive: it has no ${MANIFEST_NAME}.`, {
          hint: 'Pass the folder that "webmacs datapoints archive" wrote.',
          cause: error,
        })
      : error;
  });
  return parseRecord<{ files: ArchivedFile[] }>(KIND, text, path).files;
}

export async function writeManifest(folder: string, files: readonly ArchivedFile[]): Promise<void> {
  await writeWhole(join(folder, MANIFEST_NAME), `${JSON.stringify({ version: KIND.version, files }, undefined, 1)}\n`);
}

/** Which datapoints of the database a file was made of. */
export function requestOf({
  experiment,
  keep_experiments: isOfNone,
  from,
  to,
}: Pick<ArchivedFile, 'experiment' | 'keep_experiments' | 'from' | 'to'>): ExportRequest {
  return {
    ...(isOfNone && { experimentPublicId: null }),
    ...(experiment && { experimentPublicId: experiment.public_id }),
    from,
    to,
  };
}

/** Such as `2025-01`, or the name of the experiment. */
export function titleOf({ experiment, from }: Pick<ArchivedFile, 'experiment' | 'from'>): string {
  return experiment?.name ?? from.slice(0, 7);
}

/**
 * Reads all of a file, and compares it with the manifest.
 * @returns whether it is there
 * @throws InvalidInputError if it is not what was written
 */
export async function isWhole(
  folder: string,
  { name, bytes, sha256 }: ArchivedFile,
  signal: AbortSignal,
): Promise<boolean> {
  const path = join(folder, name);
  try {
    const found = await fingerprint(path, bytes, signal);
    if (found.sha256 === sha256) {
      return true;
    }
  } catch (error) {
    if (error instanceof NotFoundError) {
      return false;
    }
    throw error instanceof InvalidInputError ? damaged(path, error.message, error) : error;
  }
  throw damaged(path, 'it is not the file that the manifest describes');
}

export function damaged(path: string, why: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`${path} is damaged: ${why}`.replace(/\.?$/, '.'), {
    hint: 'Replace it by a copy, or, if its datapoints are still in the database, move it away and archive again.',
    cause,
  });
}
