import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { ConflictError, InvalidInputError, NotFoundError, WebmacsError } from '../errors.ts';
import { jsonText } from '../text/json.ts';
import { anyFileError, fileError, systemCode } from './file-error.ts';
import { makeFolder, makeOwnFolder } from './make-folder.ts';
import { ownFile } from './own-path.ts';
import { parseRecord, type RecordKind } from './record-form.ts';
import { readOwn, writeWhole } from './whole-file.ts';

const FILE_NAME = /^([0-9a-f]{8})\.json$/;
const SHORTEST_PREFIX = 4;

/** The id of a record, or why there is none. */
export type Kept = { id: string } | { problem: string };

/** Records of what the program did: a file each, in the data directory. */
export class Records<T extends { id: string }> {
  readonly #directory: string;
  readonly #folder: string;
  readonly #kind: RecordKind<T>;

  constructor(dataDirectory: string, kind: RecordKind<T>) {
    this.#directory = dataDirectory;
    this.#folder = join(dataDirectory, kind.folder);
    this.#kind = kind;
  }

  /**
   * Writes a new record, and returns its id.
   * @throws WebmacsError as {@link write}
   */
  async add(record: Omit<T, 'id'>): Promise<string> {
    const id = randomBytes(4).toString('hex');
    if (existsSync(this.#pathOf(id))) {
      return await this.add(record);
    }
    // The compiler cannot put the properties of a type parameter together.
    await this.write({ id, ...record } as unknown as T);
    await this.#prune();
    return id;
  }

  /** Writes a new record. Without one, what it is of succeeds all the same: returns why there is none. */
  async keep(record: Omit<T, 'id'>): Promise<Kept> {
    try {
      return { id: await this.add(record) };
    } catch (error) {
      if (error instanceof WebmacsError) {
        return { problem: error.message };
      }
      throw error;
    }
  }

  /**
   * Writes a record, or replaces it.
   * @throws WebmacsError if the file cannot be written, or is not safe there
   */
  async write(record: T): Promise<void> {
    const path = this.#pathOf(record.id);
    try {
      makeOwnFolder(this.#directory);
      makeFolder(this.#folder, 0o700);
      await writeWhole(ownFile(path), `${jsonText({ version: this.#kind.version, ...record }, 2)}\n`, { mode: 0o600 });
    } catch (error) {
      throw fileError(error, path);
    }
  }

  async remove(id: string): Promise<void> {
    await rm(this.#pathOf(id), { force: true });
  }

  /** Reads all records, the newest first, and the errors of files that are none. */
  all(): { records: T[]; problems: WebmacsError[] } {
    const records: T[] = [];
    const problems: WebmacsError[] = [];
    for (const id of this.#ids()) {
      try {
        records.push(this.read(id));
      } catch (error) {
        if (!(error instanceof WebmacsError)) {
          throw error;
        }
        problems.push(error);
      }
    }
    const { madeOn } = this.#kind;
    records.sort((a, b) => Date.parse(madeOn(b)) - Date.parse(madeOn(a)));
    return { records, problems };
  }

  /**
   * Finds a record by its id, or the first 4 or more characters of it.
   * @throws NotFoundError for none, ConflictError for several, InvalidInputError for a text that is not an id
   */
  find(given: string): T {
    const { noun, list: hint } = this.#kind;
    const prefix = given.toLowerCase();
    if (!/^[0-9a-f]{4,8}$/.test(prefix)) {
      throw new InvalidInputError(
        `"${given}" is not the id of an ${noun}: 8 hexadecimal digits, or the first ${SHORTEST_PREFIX} or more of them.`,
        { hint },
      );
    }
    const [id, another] = this.#ids().filter((each) => each.startsWith(prefix));
    if (id === undefined) {
      throw new NotFoundError(`No record of an ${noun} "${given}" in ${this.#folder}.`, { hint });
    }
    if (another !== undefined) {
      throw new ConflictError(`More than one ${noun} starts with "${given}": ${id}, ${another}.`, {
        hint: 'Use more characters of the id.',
      });
    }
    return this.read(id);
  }

  /** @throws NotFoundError if there is none; InvalidInputError if the file is not a record */
  read(id: string): T {
    const path = this.#pathOf(id);
    const text = readOwn(path);
    if (text === undefined) {
      throw new NotFoundError(`${path} cannot be read: it must be a file of the owner of its folder.`);
    }
    const remedy = 'Move the file away, or restore it from a backup.';
    const record = parseRecord({ ...this.#kind, what: `the record of an ${this.#kind.noun}`, remedy }, text, path);
    if (record.id !== id) {
      throw new InvalidInputError(`${path} is the record of another ${this.#kind.noun}, ${record.id}.`, {
        hint: `Rename it to ${record.id}.json, or move it away.`,
      });
    }
    return record;
  }

  #ids(): string[] {
    try {
      return readdirSync(this.#folder).flatMap((name) => FILE_NAME.exec(name)?.[1] ?? []);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') {
        return [];
      }
      throw anyFileError(error, this.#folder);
    }
  }

  /** Removes the oldest records that are too many. */
  async #prune(): Promise<void> {
    const { keep } = this.#kind;
    const ids = this.#ids();
    if (keep !== undefined && ids.length > keep) {
      const written = (id: string) => statSync(this.#pathOf(id), { throwIfNoEntry: false })?.mtimeMs ?? 0;
      const aged = ids.map((id) => ({ id, at: written(id) })).sort((a, b) => b.at - a.at);
      await Promise.all(aged.slice(keep).map(({ id }) => this.remove(id)));
    }
  }

  #pathOf(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}

/** The user of the operating system. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container, the user may have no name.
    return String(process.getuid?.() ?? '');
  }
}
