import { createHash, type Hash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ConflictError } from '../errors.ts';
import { systemCode } from '../files/file-error.ts';
import { type PartFile, partFileAt } from '../files/part-file.ts';
import { readOwn, writeWhole } from '../files/whole-file.ts';
import { grouped } from '../text/counted.ts';
import { isJsonObject } from '../text/json.ts';
import { truncateBytes } from '../text/truncate.ts';
import type { ExportCut } from './cut.ts';
import type { ExportForm } from './export-form.ts';
import type { ExportRequest } from './request.ts';

const BYTES_PER_STATE = 8 * 1024 * 1024;
/** Leaves room for what the names of the part and of its state add, within the limit of common file systems. */
const MAX_NAME_BYTES = 200;

/** What an export must have in common with the interrupted one, to go on with its file. */
export interface Identity {
  program: string;
  database: string;
  request: ExportRequest;
  form: ExportForm;
}

const DIFFERENCES: Record<keyof Identity, string> = {
  program: 'by another version of the program',
  database: 'from another database',
  request: 'with other datapoints: another experiment, other events, or other times',
  form: 'with other options of the format',
};

/** What is kept beside the part of a file. */
interface State extends Identity {
  cut: ExportCut;
  /** Of the part up to there. */
  sha256: string;
}

/** A part file that stays when an export is interrupted, with how far it is complete, which is on disk. */
export class ResumableFile {
  readonly #path: string;
  readonly #identity: Identity;
  readonly #force: boolean;
  readonly #bytesPerState: number;
  #part = '';
  #handle: FileHandle | undefined;
  #hash: Hash = createHash('sha256');
  #bytes = 0;
  #kept: ExportCut | undefined;
  #keeping: Promise<void> | undefined;
  #failure: unknown;

  constructor(path: string, identity: Identity, { force = false, bytesPerState = BYTES_PER_STATE }) {
    this.#path = path;
    // As it is read from a file.
    this.#identity = JSON.parse(JSON.stringify(identity));
    this.#force = force;
    this.#bytesPerState = bytesPerState;
  }

  /** How far it is complete, and on disk; `undefined` at the start. */
  get kept(): ExportCut | undefined {
    return this.#kept;
  }

  /** Of all that has been written into it, also earlier. */
  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** For `withOutputFile`. */
  readonly part = async (target: string, replaced: Stats | undefined): Promise<PartFile> => {
    this.#part = partPathOf(target);
    const handle = await openOwn(this.#part);
    try {
      this.#handle = handle;
      await this.#read(handle);
      await handle.truncate(this.#bytes);
      return await partFileAt(this.#part, handle, target, replaced, () => this.#kept !== undefined);
    } catch (error) {
      await handle.close();
      throw error;
    }
  };

  readonly onWritten = (bytes: Buffer): void => {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  };

  /** Keeps a state once it is on disk, if the last one is old enough. The export need not wait for that. */
  readonly keep = (cut: ExportCut): void => {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    if (this.#keeping === undefined && cut.bytes - (this.#kept?.bytes ?? 0) >= this.#bytesPerState) {
      this.#keeping = this.#write({ ...this.#identity, cut, sha256: this.sha256 })
        .catch((error) => {
          this.#failure = error;
        })
        .finally(() => {
          this.#keeping = undefined;
        });
    }
  };

  /** Waits for the state that is being kept. */
  async settle(): Promise<void> {
    await this.#keeping;
  }

  /**
   * Call when all is written, before the file is published.
   * @throws ConflictError if another program has written into it, too
   */
  async check(): Promise<void> {
    const stats = await this.#handle?.stat();
    if (stats?.size !== this.#bytes) {
      this.#kept = undefined;
      throw new ConflictError(`${this.#part} has been changed by another program.`, {
        hint: 'Export it again, and let no other program write it.',
      });
    }
  }

  /** Discards what was there. */
  async restart(): Promise<void> {
    await this.#handle?.truncate(0);
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    this.#kept = undefined;
    await this.forget();
  }

  /** Removes the state, once the file is complete. */
  async forget(): Promise<void> {
    await rm(this.#statePath, { force: true });
  }

  get #statePath(): string {
    return statePathOf(this.#part);
  }

  /** Reads how far the part is complete, unless it is damaged: then there is nothing to go on with. */
  async #read(handle: FileHandle): Promise<void> {
    const state = stateOf(readOwn(this.#statePath));
    const { size } = await handle.stat();
    if (state === undefined || size < state.cut.bytes) {
      return;
    }
    const hash = createHash('sha256');
    for await (const piece of handle.createReadStream({ start: 0, end: state.cut.bytes - 1, autoClose: false })) {
      hash.update(piece);
    }
    if (hash.copy().digest('hex') !== state.sha256) {
      return;
    }
    const keys = Object.keys(this.#identity) as (keyof Identity)[];
    const other = keys.find((key) => !isDeepStrictEqual(state[key], this.#identity[key]));
    if (other === undefined) {
      [this.#hash, this.#bytes, this.#kept] = [hash, state.cut.bytes, state.cut];
    } else if (!this.#force) {
      throw this.cannotGoOn(`It was started ${DIFFERENCES[other]}.`, state.cut);
    }
  }

  cannotGoOn(why: string, { rows } = this.#kept ?? { rows: 0 }): ConflictError {
    return new ConflictError(`The interrupted export into ${this.#path} cannot be resumed. ${why}`, {
      hint: `Pass --force to start over, which discards its ${grouped(rows)} rows, or choose another file.`,
    });
  }

  async #write(state: State): Promise<void> {
    await this.#handle?.datasync();
    await writeWhole(this.#statePath, `${JSON.stringify(state)}\n`, { mode: 0o600, toFolderOwner: true });
    this.#kept = state.cut;
  }
}

/** Where the part of a file is that an interrupted export has kept. */
export function partPathOf(target: string): string {
  return join(dirname(target), `.${truncateBytes(basename(target), MAX_NAME_BYTES)}.partial`);
}

function statePathOf(part: string): string {
  return `${part}.json`;
}

/** Removes a part, if it is this user's, with its state; returns how many rows were kept: `undefined` if it is not there. */
export async function discardPart(part: string): Promise<number | undefined> {
  const stats = await lstat(part).catch(() => undefined);
  if (!stats || !isOwnFile(stats)) {
    return undefined;
  }
  const rows = stateOf(readOwn(statePathOf(part)))?.cut.rows ?? 0;
  await rm(part, { force: true });
  await rm(statePathOf(part), { force: true });
  return rows;
}

/** Whether it is a file of this user that has no other name. */
function isOwnFile(stats: Stats): boolean {
  return stats.isFile() && stats.nlink === 1 && stats.uid === (process.getuid?.() ?? stats.uid);
}

/** Opens a file of this user that has no other name, or creates it. Whatever else is there is removed. */
async function openOwn(path: string): Promise<FileHandle> {
  const { O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  try {
    const handle = await open(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
    if (isOwnFile(await handle.stat())) {
      return handle;
    }
    await handle.close();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ELOOP') {
      throw error;
    }
  }
  await rm(path, { force: true });
  return await open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL, 0o666);
}

function stateOf(text: string | undefined): State | undefined {
  try {
    const state: unknown = JSON.parse(text ?? '');
    // The program has written it; it is only used if its SHA-256 is that of the part.
    return isJsonObject(state) && isJsonObject(state.cut) && Number.isSafeInteger(state.cut.bytes)
      ? (state as unknown as State)
      : undefined;
  } catch {
    return undefined;
  }
}
