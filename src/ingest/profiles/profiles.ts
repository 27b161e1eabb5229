import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConflictError, InvalidInputError, NotFoundError, WebmacsError } from '../../errors.ts';
import { anyFileError, fileError, systemCode } from '../../files/file-error.ts';
import { makeFolder, makeOwnFolder } from '../../files/make-folder.ts';
import { ownFile } from '../../files/own-path.ts';
import { readOwn, writeWhole } from '../../files/whole-file.ts';
import { jsonText } from '../../text/json.ts';
import { suggestNearest } from '../../text/near.ts';
import { excerpt } from '../../text/printable.ts';
import type { ReadingOptions } from '../plan/reading-options.ts';
import { BUILT_IN } from './built-in.ts';
import { type Profile, parseProfile, profileContent } from './profile.ts';

const SUFFIX = '.json';
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u;

/** The profiles of a person, a file each, and those that come with the program; of one name, that of the person wins. */
export class Profiles {
  readonly #folder: string;

  /** @param configuration the path of the configuration file, beside which the profiles are */
  constructor(configuration: string) {
    this.#folder = join(dirname(configuration), 'profiles');
  }

  /** Reads all profiles, by name, and the errors of files that are none. */
  all(): { profiles: Profile[]; problems: WebmacsError[] } {
    const profiles = new Map(BUILT_IN.map((profile) => [profile.name, profile]));
    const problems: WebmacsError[] = [];
    for (const name of this.#names()) {
      try {
        profiles.set(name, this.find(name));
      } catch (error) {
        if (!(error instanceof WebmacsError)) {
          throw error;
        }
        profiles.delete(name);
        problems.push(error);
      }
    }
    const sorted = [...profiles.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return { profiles: sorted, problems };
  }

  /** @throws NotFoundError for an unknown name; InvalidInputError for a file that is not a profile */
  find(name: string): Profile {
    const path = this.#pathOf(name);
    if (!existsSync(path)) {
      const builtIn = BUILT_IN.find((profile) => profile.name === name);
      if (builtIn) {
        return builtIn;
      }
      const names = [...this.#names(), ...BUILT_IN.map((profile) => profile.name)];
      throw new NotFoundError(`Profile ${excerpt(name)} not found.`, {
        hint: `${suggestNearest(name, names)}"webmacs datapoints profiles" lists them.`,
      });
    }
    const text = readOwn(path);
    if (text === undefined) {
      throw new InvalidInputError(`The profile ${path} cannot be read: it must be a file of the owner of its folder.`);
    }
    return { name, path, ...parseProfile(text, path) };
  }

  /**
   * Checks that a profile can be saved under a name.
   * @throws ConflictError if there is one, unless it may be replaced; InvalidInputError for a name that no file should have
   */
  checkNew(name: string, replace: boolean): void {
    const path = this.#pathOf(name);
    if (!replace && existsSync(path)) {
      throw new ConflictError(`The profile ${excerpt(name)} already exists.`, {
        hint: 'Replace it with --force, or choose another name.',
      });
    }
  }

  /**
   * Writes a profile, and returns its path.
   * @throws as `checkNew`; WebmacsError if the file cannot be written, or is not safe there
   */
  async save(name: string, options: ReadingOptions, replace: boolean): Promise<string> {
    this.checkNew(name, replace);
    const path = this.#pathOf(name);
    try {
      makeOwnFolder(dirname(this.#folder));
      makeFolder(this.#folder, 0o700);
      await writeWhole(ownFile(path), `${jsonText(profileContent({ description: undefined, options }), 2)}\n`);
    } catch (error) {
      throw fileError(error, path);
    }
    return path;
  }

  /** @throws NotFoundError if there is none; ConflictError for one that comes with the program */
  async delete(name: string): Promise<void> {
    const { path } = this.find(name);
    if (path === undefined) {
      throw new ConflictError(`The profile ${excerpt(name)} is built in, and cannot be deleted.`);
    }
    try {
      await rm(path);
    } catch (error) {
      throw fileError(error, path);
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder)
        .filter((file) => file.endsWith(SUFFIX) && NAME.test(file.slice(0, -SUFFIX.length)))
        .map((file) => file.slice(0, -SUFFIX.length));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') {
        return [];
      }
      throw anyFileError(error, this.#folder);
    }
  }

  #pathOf(name: string): string {
    if (!NAME.test(name)) {
      throw new InvalidInputError(`${excerpt(name)} cannot be the name of a profile.`, {
        hint: 'Use letters, digits, blanks, dots, dashes and underscores.',
      });
    }
    return join(this.#folder, `${name}${SUFFIX}`);
  }
}
