import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  describeTarget,
  embeddedTarget,
  environmentNamesServer,
  type Target,
  targetFromEnvironment,
  targetFromUrl,
} from '../database/target.ts';
import { baseDirectory, type Environment } from '../environment.ts';
import { ConflictError, InvalidInputError, NotFoundError } from '../errors.ts';
import { printable, quoted } from '../text/printable.ts';
import { timeZone } from '../text/time-zone.ts';
import { changeSettings, checkConnectionName, readSettings, type SettingName, type Settings } from './settings-file.ts';

export interface Setting {
  value: string;
  origin: string;
}

/** The database to use, where it is set, and its name, if it is a named connection. */
export interface ChosenDatabase {
  target: Target;
  origin: string;
  connection?: string;
}

interface Source {
  values: Settings;
  origin(name: SettingName): string;
  isFile?: boolean;
}

const VARIABLES: Record<SettingName, string> = {
  database_url: 'DATABASE_URL',
  as: 'WEBMACS_USER',
  timezone: 'WEBMACS_TIMEZONE',
  connection: 'WEBMACS_CONNECTION',
};
const NAMES = Object.keys(VARIABLES) as SettingName[];
const PG_VARIABLES = 'PG* variables';

/** The settings of a run, from the options, the environment and the configuration file, in this order. */
export class Configuration {
  readonly path: string;
  readonly #environment: Environment;
  readonly #options: Settings;
  readonly #embeddedDirectory: () => string;
  readonly #warn: (message: string) => void;
  #file: Settings | undefined;

  /**
   * @param embeddedDirectory the data directory of the embedded server, used if no database is set
   * @param warn prints a warning
   */
  constructor(
    environment: Environment,
    options: Settings,
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
    for (const { values, origin } of this.#sources()) {
      const value = values[name];
      if (value !== undefined) {
        return { value, origin: origin(name) };
      }
    }
    return undefined;
  }

  /**
   * Returns the database to use, and where it is set.
   * @throws InvalidInputError if a URL and a connection are given in the same way; NotFoundError for an unknown connection
   */
  database(): ChosenDatabase {
    for (const { values, origin, isFile } of this.#sources()) {
      if (isFile && environmentNamesServer(this.#environment)) {
        return { target: targetFromEnvironment(this.#environment), origin: PG_VARIABLES };
      }
      const { connection, database_url: url } = values;
      if (connection !== undefined && url !== undefined && !isFile) {
        throw new InvalidInputError(`${origin('connection')} and ${origin('database_url')} both choose the database.`, {
          hint: 'Leave one of them out.',
        });
      }
      if (connection !== undefined) {
        return { target: this.#connection(connection), origin: origin('connection'), connection };
      }
      if (url !== undefined) {
        const where = origin('database_url');
        return { target: targetFromUrl(url, this.#environment, where), origin: where };
      }
    }
    return { target: embeddedTarget(this.#embeddedDirectory(), this.#environment), origin: 'no database is set' };
  }

  /** What prevails over the database that the file names, if anything. */
  get override(): string | undefined {
    const given = [this.get('connection'), this.get('database_url')].find((each) => each && each.origin !== this.path);
    return given?.origin ?? (environmentNamesServer(this.#environment) ? PG_VARIABLES : undefined);
  }

  /** Returns every setting that has a value, with secrets masked, and its origin. */
  describe(): { setting: string; value: string; origin: string }[] {
    const { target, origin, connection } = this.database();
    const others = (['as', 'timezone'] as const).flatMap((setting) => {
      const found = this.get(setting);
      return found ? [{ setting, ...found }] : [];
    });
    return [
      { setting: 'database', value: describeTarget(target), origin },
      ...(connection === undefined ? [] : [{ setting: 'connection', value: connection, origin }]),
      ...others,
    ];
  }

  /** The names of the connections, sorted. */
  get connections(): string[] {
    return Object.keys(this.#read().connections ?? {}).sort();
  }

  describeConnections(): { name: string; database: string; in_use: boolean }[] {
    const used = this.get('connection')?.value;
    return this.connections.map((name) => {
      return { name, database: describeTarget(this.#connection(name)), in_use: name === used };
    });
  }

  /**
   * Writes a setting to the file, or removes it.
   * @returns whether that changes the file
   * @throws InvalidInputError for an invalid value, or if another user could have redirected the path
   */
  async set(name: SettingName, value: string | undefined): Promise<boolean> {
    if (value !== undefined) {
      this.#check(name, value);
    }
    let isChange = false;
    await this.#change(({ [name]: old, ...rest }) => {
      isChange = old !== value;
      if (name === 'connection' && value !== undefined) {
        urlOf(rest, value, this.path);
      }
      return value === undefined ? rest : { ...rest, [name]: value };
    });
    return isChange;
  }

  /**
   * Writes a connection to the file.
   * @param replace whether it may exist
   * @throws ConflictError if it exists with another URL; InvalidInputError as `set`
   */
  async addConnection(name: string, url: string, replace: boolean): Promise<void> {
    checkConnectionName(name);
    this.#check('database_url', url);
    await this.#change(({ connections = {}, ...rest }) => {
      if (!replace && Object.hasOwn(connections, name) && connections[name] !== url) {
        throw new ConflictError(`The connection ${quoted(name)} already exists.`, {
          hint: 'Choose another name, or pass --or-update to change it.',
        });
      }
      return { ...rest, connections: { ...connections, [name]: url } };
    });
  }

  /**
   * Removes a connection from the file.
   * @throws NotFoundError if there is none; ConflictError if the file says to use it: another database would be used instead
   */
  async removeConnection(name: string): Promise<void> {
    await this.#change((settings) => {
      urlOf(settings, name, this.path);
      if (settings.connection === name) {
        throw new ConflictError(`The connection ${quoted(name)} is in use.`, {
          hint: 'First use another with "webmacs config connections use NAME", or none: webmacs config unset connection',
        });
      }
      const { [name]: _removed, ...connections } = settings.connections ?? {};
      return { ...settings, connections };
    });
  }

  async #change(change: (settings: Settings) => Settings): Promise<void> {
    this.#file = await changeSettings(this.path, change);
  }

  #connection(name: string): Target {
    return targetFromUrl(urlOf(this.#read(), name, this.path), this.#environment, `The connection ${quoted(name)}`);
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

  *#sources(): Generator<Source> {
    yield { values: this.#options, origin: (name) => `--${name.replace('_', '-')}` };
    const variables = NAMES.flatMap((name) => {
      const value = this.#environment[VARIABLES[name]];
      return value ? [[name, value]] : [];
    });
    yield { values: Object.fromEntries(variables), origin: (name) => VARIABLES[name] };
    yield { values: this.#read(), origin: () => this.path, isFile: true };
  }

  #read(): Settings {
    this.#file ??= readSettings(this.path, this.#warn);
    return this.#file;
  }
}

/** @throws NotFoundError if there is no connection of this name */
function urlOf({ connections = {} }: Settings, name: string, path: string): string {
  const url = Object.hasOwn(connections, name) ? connections[name] : undefined;
  if (url === undefined) {
    throw new NotFoundError(`There is no connection ${quoted(name)} in ${path}.`, {
      hint: '"webmacs config connections list" shows them; "webmacs config connections add" adds one.',
    });
  }
  return url;
}
