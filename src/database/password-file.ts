import { readFileSync, statSync } from 'node:fs';
import { type ServerHost, SOCKET_DIRECTORIES } from './hosts.ts';
import type { ServerTarget } from './target.ts';

/** The result of a lookup: a password, none, or why the file is not used and what to do. */
export type PasswordLookup = { password: string } | { problem: string; remedy: string } | Record<string, never>;

/**
 * Looks up the password for a server in the password file, as libpq does: the first matching line decides, and a file that
 * others can read is not used.
 * @see https://www.postgresql.org/docs/17/libpq-pgpass.html
 */
export function passwordFromFile(target: ServerTarget, { name, address, port }: ServerHost): PasswordLookup {
  const { passwordFile: file, database, user } = target;
  let text: string;
  try {
    const stats = statSync(file);
    if (!stats.isFile()) {
      return { problem: `password file "${file}" is not a plain file`, remedy: 'Use a file' };
    }
    if (stats.mode & 0o077) {
      return {
        problem: `password file "${file}" has group or world access; permissions should be u=rw (0600) or less`,
        remedy: 'Run "chmod 0600" on the password file',
      };
    }
    text = readFileSync(file, 'utf8');
  } catch {
    // As in libpq, a missing or unreadable file has no password.
    return {};
  }
  const host = name || address || 'localhost';
  const wanted = [SOCKET_DIRECTORIES.includes(host) ? 'localhost' : host, String(port), database, user];
  for (const line of text.split('\n')) {
    const rest = line.startsWith('#')
      ? undefined
      : wanted.reduce<string | undefined>(afterMatch, line.replace(/\r+$/, ''));
    if (rest !== undefined) {
      const password = fieldAt(rest).field;
      // Node replaces bytes that are not UTF-8; libpq would send them.
      return password.includes('\ufffd')
        ? { problem: `password file "${file}" is not valid UTF-8`, remedy: 'Save the password file as UTF-8 text' }
        : { password };
    }
  }
  return {};
}

/** Returns what follows the first field of a line if that field matches or is `*`. */
function afterMatch(line: string | undefined, wanted: string): string | undefined {
  if (line === undefined || line.startsWith('*:')) {
    return line?.slice(2);
  }
  const { field, end } = fieldAt(line);
  return field === wanted && end < line.length ? line.slice(end + 1) : undefined;
}

/** Reads a field up to its colon; a backslash escapes the next character. */
function fieldAt(line: string): { field: string; end: number } {
  const [raw = ''] = /^(?:\\.|[^:\\]|\\$)*/s.exec(line) ?? [];
  return { field: raw.replace(/\\(.)/gs, '$1'), end: raw.length };
}
