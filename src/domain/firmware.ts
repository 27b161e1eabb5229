import type { EntityManager } from '@mikro-orm/postgresql';
import { getOr404, insert } from '../database/repository.ts';
import { FirmwareUpdate, UPDATE_STATUSES } from '../entities/index.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import { oneOf } from './checks.ts';
import { type OwnerChange, ownerOf } from './ownership.ts';

export type FirmwareRow = FirmwareUpdate;
export type UpdateStatus = (typeof UPDATE_STATUSES)[number];

/** The transitions that the server allows. Each step can fail; applying a pending update completes it at once. */
const NEXT_STATUSES: Record<UpdateStatus, readonly UpdateStatus[]> = {
  pending: ['downloading', 'completed', 'failed'],
  downloading: ['verifying', 'failed'],
  verifying: ['applying', 'failed'],
  applying: ['completed', 'failed'],
  completed: ['rolled_back'],
  failed: ['pending'],
  rolled_back: ['pending'],
};

/** The statuses that can have an error message. */
const WITH_ERROR: readonly UpdateStatus[] = ['failed', 'rolled_back'];

const VERSION = /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)$/;
const MAX_VERSION_LENGTH = 50;
const MAX_PATH_LENGTH = 500;

/** The maximum size of a file: the column is an `integer`. */
export const MAX_FILE_BYTES = 2_147_483_647;

/** The recorded properties of a firmware version. */
export interface FirmwareFacts {
  notes?: string;
  /** Its SHA-256 in lowercase hex, and what its manifest states if it is an update bundle. */
  file?: { path: string; bytes: number; sha256: string; bundle?: { version: string; changelog: string | null } };
}

/**
 * Returns the version if it is a valid MAJOR.MINOR.PATCH.
 * @throws InvalidInputError
 */
export function checkVersion(version: string): string {
  if (!VERSION.test(version) || version.length > MAX_VERSION_LENGTH) {
    throw new InvalidInputError(`"${version}" is not a valid version.`, {
      hint: 'Use MAJOR.MINOR.PATCH, such as 2.1.0: three numbers without leading zeros, and nothing else.',
    });
  }
  return version;
}

/**
 * Records a firmware version; its update is pending. Without notes, the changelog of its bundle is recorded.
 * @throws InvalidInputError, ConflictError
 */
export async function registerFirmware(
  em: EntityManager,
  version: string,
  facts: FirmwareFacts,
  userPublicId: string,
): Promise<FirmwareRow> {
  const columns = firmwareColumns({
    ...facts,
    ...defined({ notes: facts.notes ?? facts.file?.bundle?.changelog ?? undefined }),
  });
  requireVersion(version, facts);
  return await insert(em, FirmwareUpdate, { version: checkVersion(version), ...columns, user: userPublicId });
}

/**
 * Changes the given properties of a firmware version. Its file can be changed only while the update is pending.
 * @throws InvalidInputError, ConflictError
 */
export async function updateFirmware(
  em: EntityManager,
  { publicId, version }: FirmwareRow,
  facts: FirmwareFacts & OwnerChange,
): Promise<FirmwareRow> {
  requireVersion(version, facts);
  const condition = facts.file ? { publicId, status: 'pending' as const } : { publicId };
  const changed = await em.nativeUpdate(FirmwareUpdate, condition, { ...firmwareColumns(facts), ...ownerOf(facts) });
  const now = await reread(em, publicId);
  if (changed === 0) {
    throw new ConflictError(
      `The file of firmware ${version} cannot be changed: the update has the status "${now.status}".`,
      {
        hint: 'The file can be changed only while the update is pending.',
      },
    );
  }
  return now;
}

/**
 * Changes the status of an update, unless another session has changed it in the meantime.
 * @param error why it failed or was rolled back
 * @throws InvalidInputError for an unknown status, or an error with a status that takes none; ConflictError for a
 * transition that is not allowed
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
    throw new InvalidInputError(`The status "${to}" takes no error.`, {
      hint: 'Pass an error only with the status failed or rolled_back.',
    });
  }
  if (error !== undefined && error.trim() === '') {
    throw new InvalidInputError('The error must not be empty.');
  }
  if (!NEXT_STATUSES[from].includes(to)) {
    throw invalidTransition(version, from, to);
  }
  const time = now.toISOString();
  // A pending update keeps what its last try has left, until it is started again.
  const started =
    from === 'pending' && to !== 'failed' ? { startedOn: time, completedOn: null, errorMessage: null } : {};
  const ended = to === 'completed' || to === 'failed' ? { completedOn: time } : {};
  const change = { status: to, ...started, ...ended, ...defined({ errorMessage: error }) };
  const moved = await em.nativeUpdate(FirmwareUpdate, { publicId, status: from }, change);
  const current = await reread(em, publicId);
  if (moved === 0) {
    throw invalidTransition(version, current.status, to);
  }
  return current;
}

function invalidTransition(version: string, from: UpdateStatus, to: UpdateStatus): ConflictError {
  return new ConflictError(`The update to ${version} cannot change from "${from}" to "${to}".`, {
    hint: `The next status can be ${NEXT_STATUSES[from].join(' or ')}.`,
  });
}

async function reread(em: EntityManager, publicId: string): Promise<FirmwareRow> {
  return await getOr404(em.fork(), FirmwareUpdate, publicId, 'Firmware');
}

/** @throws InvalidInputError if the file is a bundle of another version */
function requireVersion(version: string, { file }: FirmwareFacts): void {
  const bundled = file?.bundle?.version;
  if (bundled !== undefined && bundled !== version) {
    throw new InvalidInputError(`${file?.path} is a bundle of version ${bundled}, not ${version}.`, {
      hint: `Register it as ${bundled}, or choose the bundle of ${version}.`,
    });
  }
}

/** Returns the facts as the row has them. */
export function firmwareColumns({ notes, file }: FirmwareFacts) {
  if (file && [...file.path].length > MAX_PATH_LENGTH) {
    throw new InvalidInputError(`The path of the file is too long: at most ${MAX_PATH_LENGTH} characters.`);
  }
  return defined({
    releaseNotes: notes,
    filePath: file?.path,
    fileSizeBytes: file?.bytes,
    fileHashSha256: file?.sha256,
  });
}
