import { parseEnv } from 'node:util';
import type { Environment } from '../environment.ts';
import { InvalidInputError } from '../errors.ts';

/** The settings of the server that are checked, with its defaults. */
export const SERVER_DEFAULTS = {
  DATABASE_URL: 'postgresql+asyncpg://webmacs:webmacs@localhost:5432/webmacs',
  ENV: 'development',
  INITIAL_ADMIN_EMAIL: 'admin@webmacs.io',
  INITIAL_ADMIN_PASSWORD: 'admin123',
  SECRET_KEY: '',
  TIMEZONE: 'Europe/Berlin',
  WEBMACS_PLUGIN_DIR: '/plugins',
} as const;

export type ServerSetting = keyof typeof SERVER_DEFAULTS;

/** The settings in an env file, and those that the server takes if one is not set. */
export class ServerSettings {
  readonly #given: ReadonlyMap<string, string>;

  /**
   * @param text the content of the file
   * @param name the file in messages
   * @param environment for references to variables that the file does not set
   * @throws InvalidInputError if it has none of the settings
   */
  constructor(text: string, name: string, environment: Environment) {
    // The server ignores the case of the names.
    const read = new Map(Object.entries(parseEnv(text)).map(([key, value = '']) => [key.toUpperCase(), value]));
    const expand = (value: string) =>
      value.replace(
        /\$\{(\w+)(?::-([^}]*))?\}/g,
        (_all, variable: string, fallback = '') => read.get(variable) ?? environment[variable] ?? fallback,
      );
    this.#given = new Map([...read].map(([key, value]) => [key, expand(value)]));
    if (!Object.keys(SERVER_DEFAULTS).some((key) => this.#given.has(key))) {
      throw new InvalidInputError(`${name} has none of the settings of the WebMACS server.`, {
        hint: 'Pass its .env file, with lines such as SECRET_KEY=…',
      });
    }
  }

  isSet(name: ServerSetting): boolean {
    return this.#given.has(name);
  }

  get(name: ServerSetting): string {
    return this.#given.get(name) ?? SERVER_DEFAULTS[name];
  }
}
