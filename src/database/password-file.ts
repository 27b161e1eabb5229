import { readFileSync, statSync } from 'node:fs';
import { type ServerHost, SOCKET_DIRECTORIES } from './hosts.ts';
import type { ServerTarget } from './target.ts';

/** What a password file has for a server: a password or none, or why the file is not used. */
export type Finding = { password: string } | { problem: string } | Record<string, never>;

/**
 * Looks the password for a server up in the password file, as libpq does: the first line that fits decides, and a file
 * that others may read is not used.
 * @see https://www.postgresql.org/docs/17/libpq-pgpass.html
 */
export function passwordFromFile(target: ServerTarget, { name, address, port }: ServerHost): Finding {
  const { passwordFile: file, database, user } = target;
  let text: string;
  try {
    const stats = statSync(file);
    if (!stats.isFile()) {
      return { problem: `password file "${file}" is not a plain file` };
    }
    if (stats.mode & 0o077) {
      return {
        problem: `password file "${file}" has group or world access; permissions should be u=rw (0600) or less`,
      };
    }
    text = readFileSync(file, 'utf8');
  } catch {
    // As libpq: a file that is not there, or is somebody else's, has no password for us.
    return {};
  }
  const host = name || address || 'localhost';
  const wanted = [SOCKET_DIRECTORIES.includes(host) ? 'localhost' : host, String(port), database, user];
  for (const line of text.split('\n')) {
    const rest = line.startsWith('#') ? undefined : wanted.reduce<string | undefined>(behind, line.replace(/\r+$/, ''));
    if (rest !== undefined) {
      return { password: fieldAt(rest).field };
    }
  }
  return {};
}

/** What follows the first field of a line, if that is the wanted one, or `*`. */
function behind(line: string | undefined, wanted: string): string | undefined {
  if (line === undefined || line.startsWith('*:')) {
    return line?.slice(2);
  }
  const { field, end } = fieldAt(line);
  return field === wanted && end < line.length ? line.slice(end + 1) : undefined;
}

/** A field up to its colon, where a backslash takes the special meaning of what follows. */
function fieldAt(line: string): { field: string; end: number } {
  const [raw = ''] = /^(?:\\.|[^:\\]|\\$)*/s.exec(line) ?? [];
  return { field: raw.replace(/\\(.)/gs, '$1'), end: raw.length };
}
