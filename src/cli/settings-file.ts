import { readFileSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { containsPassword } from '../database/connection-url.ts';
import { InvalidInputError } from '../errors.ts';
import { fileError, systemReason } from '../files/file-error.ts';
import { decodeText } from '../files/input.ts';
import { makeOwnFolder } from '../files/make-folder.ts';
import { othersMayRead, othersMayWrite, ownFile } from '../files/own-path.ts';
import { readPipe } from '../files/pipe.ts';
import { isJsonObject } from '../text/json.ts';
import { excerpt, printable, quoted } from '../text/printable.ts';
import { shellWord } from '../text/shell-word.ts';

/** The settings of the configuration file, with a description. */
export const SETTINGS = {
  database_url: 'the database, as postgresql://USER:PASSWORD@HOST:PORT/DATABASE',
  as: 'the owner of new rows',
  timezone: 'the time zone of times without an offset, such as Europe/Berlin or +01:00',
  connection: 'the named connection to use, of "webmacs config connections"',
} as const;

export type SettingName = keyof typeof SETTINGS;

/** The content of the configuration file; a connection is the URL of a database. */
export type Settings = Partial<Record<SettingName, string>> & { connections?: Readonly<Record<string, string>> };

/** Begins with a letter or digit, so that no option and no property of every object is one. */
const CONNECTION_NAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u;

function isConnectionName(name: string): boolean {
  return CONNECTION_NAME.test(name) && printable(name) === name;
}

/** @throws InvalidInputError */
export function checkConnectionName(name: string): void {
  if (!isConnectionName(name)) {
    throw new InvalidInputError(`${excerpt(name)} cannot be the name of a connection.`, {
      hint: 'Use letters, digits, dots, dashes and underscores, at most 64, and a letter or digit first.',
    });
  }
}

/**
 * Reads the configuration file; a missing one is empty.
 * @param warn prints a warning
 * @throws InvalidInputError for an invalid file, and one that other users may write
 */
export function readSettings(path: string, warn: (message: string) => void): Settings {
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
  const settings = parseSettings(text, path);
  checkPermissions(path, stats, settings, warn);
  return settings;
}

/**
 * Changes the configuration file; only the owner can read it. If its path is a symbolic link of this user, it stays one.
 * Of several processes, each changes what the one before has written.
 * @throws InvalidInputError if another user could have redirected the path; what `change` throws
 */
export async function changeSettings(path: string, change: (settings: Settings) => Settings): Promise<Settings> {
  const file = ownFile(path);
  let changed: Settings = {};
  try {
    makeOwnFolder(dirname(file));
    // Check again: in a world-writable folder, another user may have created a component first.
    ownFile(file);
    const [{ doOnce }, { writeWhole }] = await Promise.all([
      import('../files/lock-file.ts'),
      import('../files/whole-file.ts'),
    ]);
    await doOnce(
      `${file}.lock`,
      () => false,
      async () => {
        changed = change(readSettings(path, () => {}));
        await writeWhole(file, `${JSON.stringify(changed, undefined, 2)}\n`, { mode: 0o600 });
      },
    );
  } catch (error) {
    throw fileError(error, file);
  }
  return changed;
}

/** @throws InvalidInputError unless the text is a JSON object of known settings */
function parseSettings(text: string, path: string): Settings {
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
  const { connections = {}, ...settings } = content;
  const unknown = Object.entries(settings).find(
    ([name, value]) => !Object.hasOwn(SETTINGS, name) || typeof value !== 'string',
  );
  if (unknown) {
    throw new InvalidInputError(
      `The configuration file ${path} has an unknown setting ${quoted(unknown[0])}, or its value is not a string.`,
      { hint: `Known settings: ${Object.keys(SETTINGS).join(', ')}, connections.` },
    );
  }
  const isValid = ([name, url]: [string, unknown]) => isConnectionName(name) && typeof url === 'string';
  if (!isJsonObject(connections) || !Object.entries(connections).every(isValid)) {
    throw new InvalidInputError(`The "connections" of the configuration file ${path} are not URLs with valid names.`, {
      hint: 'Write them as {"lab": "postgresql://USER@HOST/DATABASE"}.',
    });
  }
  return content;
}

/** @throws InvalidInputError if other users may write the file, and so choose the database */
function checkPermissions(
  path: string,
  stats: Stats,
  { database_url: url = '', connections = {} }: Settings,
  warn: (message: string) => void,
): void {
  if (!stats.isFile()) {
    return;
  }
  if (othersMayWrite(stats)) {
    throw new InvalidInputError(`The configuration file ${path} is writable by other users, so it is not used.`, {
      hint: `Restrict it: chmod go-w ${shellWord(path)}`,
    });
  }
  if ([url, ...Object.values(connections)].some(containsPassword) && othersMayRead(stats)) {
    warn(
      `The configuration file ${path} contains a password and is readable by other users: chmod 600 ${shellWord(path)}`,
    );
  }
}
