import { readFileSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { containsPassword } from '../database/connection-url.ts';
import {
  describeTarget,
  embeddedTarget,
  environmentNamesServer,
  type Target,
  targetFromEnvironment,
  targetFromUrl,
} from '../database/target.ts';
import { baseDirectory, type Environment } from '../environment.ts';
import { InvalidInputError } from '../errors.ts';
import { fileError, systemReason } from '../files/file-error.ts';
import { decodeText } from '../files/input.ts';
import { makeFolder } from '../files/make-folder.ts';
import { othersMayRead, othersMayWrite, ownFile } from '../files/own-path.ts';
import { readPipe } from '../files/pipe.ts';
import { isJsonObject } from '../text/json.ts';
import { printable, quoted } from '../text/printable.ts';
import { timeZone } from '../text/time-zone.ts';

/** The settings of the configuration file, with a description. */
export const SETTINGS = {
  database_url: 'the database, as postgresql://USER:PASSWORD@HOST:PORT/DATABASE',
  as: 'the owner of new rows',
  timezone: 'the time zone of times without an offset, such as Europe/Berlin or +01:00',
} as const;

export type SettingName = keyof typeof SETTINGS;

/** The value of a setting, and where it comes from. */
export interface Setting {
  value: string;
  origin: string;
}

const VARIABLES: Record<SettingName, string> = {
  database_url: 'DATABASE_URL',
  as: 'WEBMACS_USER',
  timezone: 'WEBMACS_TIMEZONE',
};

/** The settings of a run, from the options, the environment and the configuration file, in this order. */
export class Configuration {
  readonly path: string;
  readonly #environment: Environment;
  readonly #options: Partial<Record<SettingName, string>>;
  readonly #embeddedDirectory: () => string;
  readonly #warn: (message: string) => void;
  #file: Partial<Record<SettingName, string>> | undefined;

  /**
   * @param embeddedDirectory the data directory of the embedded server, used if no database is set
   * @param warn prints a warning
   */
  constructor(
    environment: Environment,
    options: Partial<Record<SettingName, string>>,
    embeddedDirectory: () => string,
    warn: (message: string) => void,
  ) {
    this.#environment = environment;
    this.#options = options;
    this.#embeddedDirectory = embeddedDirectory;
    this.#warn = warn;
    const base = baseDirectory(environment, 'XDG_CONFIG_HOME') ?? join(environment.HOME || homedir(), '.config');
    this.path = environment.WEBMACS_CONFIG || join(base, 'webmacs', 'config.json');
  }

  /**
   * Returns the setting, from the first place that has it.
   * @throws InvalidInputError if the configuration file is invalid
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

  /** Returns the database to use, and where it is set. */
  database(): { target: Target; origin: string } {
    const url = this.get('database_url');
    if ((!url || url.origin === this.path) && environmentNamesServer(this.#environment)) {
      return { target: targetFromEnvironment(this.#environment), origin: 'PG* variables' };
    }
    return url
      ? { target: targetFromUrl(url.value, this.#environment, url.origin), origin: url.origin }
      : { target: embeddedTarget(this.#embeddedDirectory(), this.#environment), origin: 'no database is set' };
  }

  /** Returns every setting that has a value, with secrets masked, and its origin. */
  describe(): { setting: string; value: string; origin: string }[] {
    const { target, origin } = this.database();
    const others = (['as', 'timezone'] as const).flatMap((setting) => {
      const found = this.get(setting);
      return found ? [{ setting, ...found }] : [];
    });
    return [{ setting: 'database', value: describeTarget(target), origin }, ...others];
  }

  /**
   * Writes a setting to the file, or removes it; only the owner can read the file. If its path is a symbolic link of this
   * user, it stays one.
   * @throws InvalidInputError for an invalid value, or if another user could have redirected the path
   */
  async set(name: SettingName, value: string | undefined): Promise<void> {
    const file = ownFile(this.path);
    const { [name]: _old, ...rest } = this.#read();
    const content = value === undefined ? rest : { ...rest, [name]: value };
    if (value !== undefined) {
      this.#check(name, value);
    }
    try {
      makeFolder(dirname(file), 0o700);
      // Check again: in a world-writable folder, another user may have created a component first.
      ownFile(file);
      const { writeWhole } = await import('../files/whole-file.ts');
      await writeWhole(file, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
    } catch (error) {
      throw fileError(error, file);
    }
    this.#file = content;
  }

  #check(name: SettingName, value: string): void {
    if (value.trim() === '') {
      throw new InvalidInputError('Missing: the value.', { hint: 'Pass it as an argument or on standard input.' });
    }
    if (name === 'database_url') {
      targetFromUrl(value, this.#environment, 'The value');
    }
    if (name === 'timezone') {
      timeZone(value, 'The value');
    }
    if (name === 'as' && (value.trim() !== value || printable(value) !== value)) {
      throw new InvalidInputError(`${quoted(value)} cannot be a user.`, {
        hint: 'Use a user name, an e-mail address or a public id.',
      });
    }
  }

  #read(): Partial<Record<SettingName, string>> {
    this.#file ??= readSettings(this.path, this.#warn);
    return this.#file;
  }
}

function readSettings(path: string, warn: (message: string) => void): Partial<Record<SettingName, string>> {
  let text: string;
  let stats: Stats;
  try {
    stats = statSync(path);
    // A device may be endless; a pipe, such as <(...) in a shell, is not.
    if (stats.isCharacterDevice() || stats.isBlockDevice()) {
      throw new InvalidInputError(`The configuration file ${path} is a device.`, { hint: 'Use the path of a file.' });
    }
    const bytes = stats.isFIFO() ? readPipe(path) : readFileSync(path);
    if (!bytes) {
      throw new InvalidInputError(`The configuration file ${path} is a pipe to which nobody writes.`, {
        hint: 'Use the path of a file.',
      });
    }
    text = decodeText(bytes, `The configuration file ${path}`);
  } catch (error) {
    if (error instanceof InvalidInputError) {
      throw error;
    }
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return {};
    }
    throw new InvalidInputError(`The configuration file ${path} cannot be read: ${systemReason(error)}.`, {
      hint: 'Fix it, or choose another one with WEBMACS_CONFIG.',
      cause: error,
    });
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    content = undefined;
  }
  if (!isJsonObject(content)) {
    throw new InvalidInputError(`The configuration file ${path} is not a JSON object.`, {
      hint: 'Fix it, or delete it and run "webmacs config set".',
    });
  }
  for (const [name, value] of Object.entries(content)) {
    if (!Object.hasOwn(SETTINGS, name) || typeof value !== 'string') {
      throw new InvalidInputError(
        `The configuration file ${path} has an unknown setting ${quoted(name)}, or its value is not a string.`,
        { hint: `Known settings: ${Object.keys(SETTINGS).join(', ')}.` },
      );
    }
  }
  checkPermissions(path, stats, content, warn);
  return content;
}

/** @throws InvalidInputError if other users may write the file, and so choose the database */
function checkPermissions(
  path: string,
  stats: Stats,
  { database_url: url }: Partial<Record<SettingName, string>>,
  warn: (message: string) => void,
): void {
  if (!stats.isFile()) {
    return;
  }
  if (othersMayWrite(stats)) {
    throw new InvalidInputError(`The configuration file ${path} is writable by other users, so it is not used.`, {
      hint: `Restrict it: chmod go-w '${path}'`,
    });
  }
  if (url !== undefined && containsPassword(url) && othersMayRead(stats)) {
    warn(`The configuration file ${path} contains a password and is readable by other users: chmod 600 '${path}'`);
  }
}
