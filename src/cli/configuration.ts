import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  describeTarget,
  embeddedTarget,
  environmentNamesServer,
  type Target,
  targetFromEnvironment,
  targetFromUrl,
} from '../database/target.ts';
import type { Environment } from '../environment.ts';
import { InvalidInputError } from '../errors.ts';
import { fileError } from '../files/file-error.ts';
import { ownFile } from '../files/own-path.ts';
import { isJsonObject } from '../text/json.ts';

/** What the configuration file can hold, and what each is for. */
export const SETTINGS = {
  database_url: 'the database, as postgresql://USER:PASSWORD@HOST:PORT/DATABASE',
  as: 'the user whom new rows belong to',
  timezone: 'the time zone of imported timestamps without one, such as Europe/Berlin',
} as const;

export type SettingName = keyof typeof SETTINGS;

/** A value, and where it comes from. */
export interface Setting {
  value: string;
  origin: string;
}

const VARIABLES: Record<SettingName, string> = {
  database_url: 'DATABASE_URL',
  as: 'WEBMACS_USER',
  timezone: 'WEBMACS_TIMEZONE',
};

/** The settings of a run: options first, then the environment, then the configuration file. */
export class Configuration {
  readonly path: string;
  readonly #environment: Environment;
  readonly #options: Partial<Record<SettingName, string>>;
  readonly #embeddedDirectory: () => string;
  #file: Partial<Record<SettingName, string>> | undefined;

  /** @param embeddedDirectory where the embedded server keeps its data, used where no database is set */
  constructor(
    environment: Environment,
    options: Partial<Record<SettingName, string>>,
    embeddedDirectory: () => string,
  ) {
    this.#environment = environment;
    this.#options = options;
    this.#embeddedDirectory = embeddedDirectory;
    const base = environment.XDG_CONFIG_HOME || join(environment.HOME || homedir(), '.config');
    this.path = environment.WEBMACS_CONFIG || join(base, 'webmacs', 'config.json');
  }

  /**
   * The setting, from the first place that has it.
   * @throws InvalidInputError when the configuration file is damaged
   */
  get(name: SettingName): Setting | undefined {
    const given = this.#options[name];
    if (given !== undefined) {
      return { value: given, origin: `--${name.replace('_', '-')}` };
    }
    const variable = VARIABLES[name];
    const fromEnvironment = this.#environment[variable];
    if (fromEnvironment) {
      return { value: fromEnvironment, origin: variable };
    }
    const fromFile = this.#read()[name];
    return fromFile === undefined ? undefined : { value: fromFile, origin: this.path };
  }

  /** The database to use, and what says so. */
  database(): { target: Target; origin: string } {
    const url = this.get('database_url');
    if (url && url.origin !== this.path) {
      return { target: targetFromUrl(url.value, this.#environment, url.origin), origin: url.origin };
    }
    if (environmentNamesServer(this.#environment)) {
      return { target: targetFromEnvironment(this.#environment), origin: 'PG* variables' };
    }
    if (url) {
      return { target: targetFromUrl(url.value, this.#environment, url.origin), origin: url.origin };
    }
    return { target: embeddedTarget(this.#embeddedDirectory(), this.#environment), origin: 'no database is set' };
  }

  /** Every setting that has a value, secrets masked, with its origin. */
  describe(): { setting: string; value: string; origin: string }[] {
    const { target, origin } = this.database();
    const others = (['as', 'timezone'] as const).flatMap((setting) => {
      const found = this.get(setting);
      return found ? [{ setting, ...found }] : [];
    });
    return [{ setting: 'database', value: describeTarget(target), origin }, ...others];
  }

  /**
   * Writes a setting into the file, or removes it; the file is for its owner's eyes only. Where its path is a symbolic link
   * that this user has made, it stays one.
   * @throws InvalidInputError where another user could have bent the way to it
   */
  async set(name: SettingName, value: string | undefined): Promise<void> {
    const file = ownFile(this.path);
    const { [name]: _old, ...rest } = this.#read();
    const content = value === undefined ? rest : { ...rest, [name]: value };
    if (name === 'database_url' && value !== undefined) {
      targetFromUrl(value, this.#environment, 'The value');
    }
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      // Again, for it is made in steps, and where everybody may write somebody may have been faster.
      ownFile(file);
      const { writeWhole } = await import('../files/whole-file.ts');
      await writeWhole(file, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
    } catch (error) {
      throw fileError(error, file);
    }
    this.#file = content;
  }

  #read(): Partial<Record<SettingName, string>> {
    if (!this.#file) {
      this.#file = readSettings(this.path);
    }
    return this.#file;
  }
}

function readSettings(path: string): Partial<Record<SettingName, string>> {
  let text: string;
  try {
    const stats = statSync(path);
    // A device may have no end; a pipe has one, as of a shell's <(...).
    if (stats.isCharacterDevice() || stats.isBlockDevice()) {
      throw new InvalidInputError(`The configuration file ${path} is a device.`, { hint: 'Use the path of a file.' });
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof InvalidInputError) {
      throw error;
    }
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return {};
    }
    throw new InvalidInputError(`The configuration file ${path} cannot be read.`, { cause: error });
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    content = undefined;
  }
  if (!isJsonObject(content)) {
    throw new InvalidInputError(`The configuration file ${path} is no JSON object.`, {
      hint: 'Mend it, or remove it and use "webmacs config set".',
    });
  }
  for (const [name, value] of Object.entries(content)) {
    if (!(name in SETTINGS) || typeof value !== 'string') {
      throw new InvalidInputError(
        `The configuration file ${path} has an unknown setting "${name}", or no text for it.`,
        {
          hint: `Known settings: ${Object.keys(SETTINGS).join(', ')}.`,
        },
      );
    }
  }
  return content;
}
