import type { EntityManager } from '@mikro-orm/postgresql';
import { getOr404, insert } from '../database/repository.ts';
import { FirmwareUpdate, UPDATE_STATUSES } from '../entities/index.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { oneOf } from './checks.ts';

export type FirmwareRow = FirmwareUpdate;
export type UpdateStatus = (typeof UPDATE_STATUSES)[number];

/** Where an update can go from each status. Whatever is under way can fail; what has failed is over. */
export const NEXT_STATUSES: Record<UpdateStatus, readonly UpdateStatus[]> = {
  pending: ['downloading', 'failed'],
  downloading: ['verifying', 'failed'],
  verifying: ['applying', 'failed'],
  applying: ['completed', 'failed'],
  completed: ['rolled_back'],
  failed: [],
  rolled_back: [],
};

/** The statuses that an error can be the reason of. */
const WITH_ERROR: readonly UpdateStatus[] = ['failed', 'rolled_back'];

const VERSION = /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)$/;
const MAX_VERSION_LENGTH = 50;
const MAX_PATH_LENGTH = 500;

/** The most bytes that a file may have: its size is kept in an `integer`. */
export const MAX_FILE_BYTES = 2_147_483_647;

/** What is known of a firmware's file. */
export interface FirmwareFile {
  path: string;
  bytes: number;
  /** In hexadecimal digits. */
  sha256: string;
}

/** What is recorded of a firmware version, where it is given. */
export interface FirmwareFacts {
  notes?: string;
  file?: FirmwareFile;
}

/**
 * The version, where it is one: MAJOR.MINOR.PATCH.
 * @throws InvalidInputError
 */
export function checkVersion(version: string): string {
  if (!VERSION.test(version) || version.length > MAX_VERSION_LENGTH) {
    throw new InvalidInputError(`"${version}" is no version.`, {
      hint: 'Write MAJOR.MINOR.PATCH, such as 2.1.0: three numbers without leading zeros, and nothing else.',
    });
  }
  return version;
}

/**
 * Records a firmware version, whose update is pending.
 * @throws InvalidInputError, ConflictError
 */
export async function registerFirmware(
  em: EntityManager,
  version: string,
  facts: FirmwareFacts,
  userPublicId: string,
): Promise<FirmwareRow> {
  return await insert(em, FirmwareUpdate, { version: checkVersion(version), ...columnsOf(facts), user: userPublicId });
}

/**
 * Changes what is given of a firmware's record. Its file can be another one only as long as the update is pending.
 * @throws InvalidInputError, ConflictError
 */
export async function updateFirmware(
  em: EntityManager,
  { publicId, version }: FirmwareRow,
  facts: FirmwareFacts,
): Promise<FirmwareRow> {
  const condition = facts.file ? { publicId, status: 'pending' as const } : { publicId };
  const changed = await em.nativeUpdate(FirmwareUpdate, condition, columnsOf(facts));
  const now = await reread(em, publicId);
  if (changed === 0) {
    throw new ConflictError(`The update to ${version} has the status "${now.status}"; its file stays what it is.`, {
      hint: 'Another file can be recorded only as long as it is pending.',
    });
  }
  return now;
}

/**
 * Moves an update on along the state machine, unless somebody else has moved it meanwhile.
 * @param error why it failed or was rolled back
 * @throws InvalidInputError for an unknown status or an error that does not belong to it; ConflictError where no way
 * leads there from the present status
 */
export async function moveFirmware(
  em: EntityManager,
  { publicId, version, status }: FirmwareRow,
  given: string,
  error: string | undefined,
  now: Date,
): Promise<FirmwareRow> {
  const from: UpdateStatus = status;
  const to = oneOf('status', given, UPDATE_STATUSES);
  if (error !== undefined && !WITH_ERROR.includes(to)) {
    throw new InvalidInputError(`An update with the status "${to}" has no error.`, {
      hint: 'An error is the reason why one failed or was rolled_back.',
    });
  }
  if (error !== undefined && error.trim() === '') {
    throw new InvalidInputError('The error is empty.');
  }
  if (!NEXT_STATUSES[from].includes(to)) {
    throw noWay(version, from, to);
  }
  const moved = await em.nativeUpdate(
    FirmwareUpdate,
    { publicId, status: from },
    {
      status: to,
      ...(to === 'downloading' ? { startedOn: now.toISOString() } : {}),
      ...(to === 'completed' || to === 'failed' ? { completedOn: now.toISOString() } : {}),
      ...(error === undefined ? {} : { errorMessage: error }),
    },
  );
  const current = await reread(em, publicId);
  if (moved === 0) {
    throw noWay(version, current.status, to);
  }
  return current;
}

function noWay(version: string, from: UpdateStatus, to: UpdateStatus): ConflictError {
  const next = NEXT_STATUSES[from];
  return new ConflictError(`The update to ${version} has the status "${from}" and cannot get "${to}" now.`, {
    hint: next.length > 0 ? `What comes next is ${next.join(' or ')}.` : 'Nothing comes after that.',
  });
}

async function reread(em: EntityManager, publicId: string): Promise<FirmwareRow> {
  return await getOr404(em.fork(), FirmwareUpdate, publicId, 'Firmware');
}

function columnsOf({ notes, file }: FirmwareFacts) {
  if (file && [...file.path].length > MAX_PATH_LENGTH) {
    throw new InvalidInputError(`The path of the file is too long: at most ${MAX_PATH_LENGTH} characters.`);
  }
  return {
    ...(notes === undefined ? {} : { releaseNotes: notes }),
    ...(file ? { filePath: file.path, fileSizeBytes: file.bytes, fileHashSha256: file.sha256 } : {}),
  };
}
