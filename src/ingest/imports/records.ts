import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConflictError, InvalidInputError, NotFoundError, WebmacsError } from '../../errors.ts';
import { anyFileError, fileError, systemCode } from '../../files/file-error.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { ownFile } from '../../files/own-path.ts';
import { readOwn, writeWhole } from '../../files/whole-file.ts';
import { jsonText } from '../../text/json.ts';
import { type ImportRecord, parseRecord, RECORD_VERSION } from './record.ts';

const FILE_NAME = /^([0-9a-f]{8})\.json$/;
const SHORTEST_PREFIX = 4;

/** The records of imports: a file each, in the data directory. */
export class ImportRecords {
  readonly #directory: string;
  readonly #folder: string;

  constructor(dataDirectory: string) {
    this.#directory = dataDirectory;
    this.#folder = join(dataDirectory, 'imports');
  }

  /**
   * Writes a new record, and returns its id.
   * @throws WebmacsError as {@link write}
   */
  async add(record: Omit<ImportRecord, 'id'>): Promise<string> {
    const id = randomBytes(4).toString('hex');
    if (existsSync(this.#pathOf(id))) {
      return await this.add(record);
    }
    await this.write({ id, ...record });
    return id;
  }

  /**
   * Writes a record, or replaces it.
   * @throws WebmacsError if the file cannot be written, or is not safe there
   */
  async write(record: ImportRecord): Promise<void> {
    const path = this.#pathOf(record.id);
    try {
      // The embedded server may come to this directory later: for root, under another account.
      makeFolder(this.#directory, process.getuid?.() === 0 ? 0o755 : 0o700);
      makeFolder(this.#folder, 0o700);
      await writeWhole(ownFile(path), `${jsonText({ version: RECORD_VERSION, ...record }, 2)}\n`, { mode: 0o600 });
    } catch (error) {
      throw fileError(error, path);
    }
  }

  async remove(id: string): Promise<void> {
    await rm(this.#pathOf(id), { force: true });
  }

  /** Reads all records, the newest first, and the errors of files that are none. */
  all(): { records: ImportRecord[]; problems: WebmacsError[] } {
    const records: ImportRecord[] = [];
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
    records.sort((a, b) => Date.parse(b.imported_on) - Date.parse(a.imported_on));
    return { records, problems };
  }

  /**
   * Finds a record by its id, or the first 4 or more characters of it.
   * @throws NotFoundError for none, ConflictError for several, InvalidInputError for a text that is not an id
   */
  find(given: string): ImportRecord {
    const prefix = given.toLowerCase();
    if (!/^[0-9a-f]{4,8}$/.test(prefix)) {
      throw new InvalidInputError(
        `"${given}" is not the id of an import: 8 hexadecimal digits, or the first ${SHORTEST_PREFIX} or more of them.`,
        { hint: LIST },
      );
    }
    const [id, another] = this.#ids().filter((each) => each.startsWith(prefix));
    if (id === undefined) {
      throw new NotFoundError(`There is no record of an import "${given}" in ${this.#folder}.`, { hint: LIST });
    }
    if (another !== undefined) {
      throw new ConflictError(`More than one import starts with "${given}": ${id}, ${another}.`, {
        hint: 'Use more characters of the id.',
      });
    }
    return this.read(id);
  }

  /** @throws NotFoundError if there is none; InvalidInputError if the file is not a record */
  read(id: string): ImportRecord {
    const path = this.#pathOf(id);
    const text = readOwn(path);
    if (text === undefined) {
      throw new NotFoundError(`${path} cannot be read: it must be a file of the owner of its folder.`);
    }
    const record = parseRecord(text, path);
    if (record.id !== id) {
      throw new InvalidInputError(`${path} is the record of another import, ${record.id}.`, {
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

  #pathOf(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}

const LIST = '"webmacs datapoints imports" lists them.';
