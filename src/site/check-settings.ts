import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { InvalidInputError } from '../errors.ts';
import { shellWord } from '../text/shell-word.ts';
import { timeZone } from '../text/time-zone.ts';
import type { ServerSettings } from './env-settings.ts';
import { type Finding, note, ok, problem } from './finding.ts';

const MIN_KEY_CHARACTERS = 32;
const NEW_KEY = 'Set it to the output of: openssl rand -hex 32 (all users have to log in again)';

/** Whether a secret is still that of the server's example file. */
export function isPlaceholder(secret: string): boolean {
  return /^change[-_]?me/i.test(secret);
}

export function checkSecretKey(settings: ServerSettings): Finding {
  const key = settings.get('SECRET_KEY').trim();
  const length = [...key].length;
  if (key === '') {
    return problem(
      'SECRET_KEY',
      'not set: production refuses to start, and otherwise each start logs out all users',
      NEW_KEY,
    );
  }
  if (isPlaceholder(key)) {
    return problem('SECRET_KEY', 'that of the example file: anyone can sign tokens', NEW_KEY);
  }
  return length < MIN_KEY_CHARACTERS
    ? problem('SECRET_KEY', `${length} characters: production refuses fewer than ${MIN_KEY_CHARACTERS}`, NEW_KEY)
    : ok('SECRET_KEY', `${length} characters`);
}

export function checkTimeZone(settings: ServerSettings): Finding {
  const name = settings.get('TIMEZONE');
  try {
    if (!/^[+-]/.test(name) && timeZone(name, 'TIMEZONE')) {
      return ok('TIMEZONE', settings.isSet('TIMEZONE') ? name : `not set: the server uses ${name}`);
    }
  } catch (error) {
    if (!(error instanceof InvalidInputError)) {
      throw error;
    }
  }
  return problem('TIMEZONE', `"${name}" is not the name of a time zone`, 'Use a name such as Europe/Berlin or UTC.');
}

export async function checkPluginDirectory(settings: ServerSettings): Promise<Finding> {
  const check = 'WEBMACS_PLUGIN_DIR';
  const directory = settings.get(check);
  const stats = await stat(directory).catch(() => undefined);
  if (!stats) {
    return settings.isSet(check)
      ? problem(
          check,
          `${directory} does not exist here`,
          `Create it: mkdir -p ${shellWord(directory)}, or check where the server runs.`,
        )
      : note(check, `not set, and ${directory} does not exist here`, 'Check where the server runs.');
  }
  if (!stats.isDirectory()) {
    return problem(check, `${directory} is not a directory`, 'Set it to the directory of the wheels.');
  }
  const writable = await access(directory, constants.W_OK).then(
    () => true,
    () => false,
  );
  return writable
    ? ok(check, directory)
    : note(
        check,
        `${directory} is not writable for this user`,
        'The user of the server has to be able to write there.',
      );
}
