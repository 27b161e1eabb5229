import type { Entry } from 'yauzl';
import type { Rule } from './refusal.ts';

const UTF8_FLAG = 0x0800;
/** The kinds of file that a Unix mode can name, in its upper four bits; none where no Unix made the archive. */
const FILE_TYPES = new Set([0, 0x8000, 0x4000]);
const FILE_TYPE_BITS = 0xf000;
const SYMBOLIC_LINK = 0xa000;
/** Info-ZIP's field with a second name for the entry. */
const UNICODE_PATH = 0x7075;

/** A path of an archive, or what is wrong with it. */
export type PathCheck = { path: string } | { rule: Rule; what: string };

/** The name of an entry as text, where every reader reads the same one. */
export function entryPath({ fileNameRaw, generalPurposeBitFlag, extraFields }: Entry): PathCheck {
  let path: string;
  try {
    path = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(fileNameRaw);
  } catch {
    return { rule: 'path', what: 'its name is not UTF-8' };
  }
  if (/[^\x20-\x7e]/.test(path) && (generalPurposeBitFlag & UTF8_FLAG) === 0) {
    return { rule: 'path', what: 'its name is not ASCII, and not marked as UTF-8' };
  }
  if (extraFields.some(({ id }) => id === UNICODE_PATH)) {
    return { rule: 'path', what: 'it has a second name' };
  }
  const what = pathProblem(path);
  return what === undefined ? { path } : { rule: 'path', what };
}

/** What is wrong with a path, or `undefined`. A path that ends in `/` is a directory's. */
function pathProblem(path: string): string | undefined {
  if (path === '') {
    return 'its name is empty';
  }
  if (/[\u0000-\u001f\u007f-\u009f]/.test(path)) {
    return 'its path has control characters';
  }
  if (path.includes('\\')) {
    return 'its path has a backslash';
  }
  if (path.startsWith('/')) {
    return 'its path is absolute';
  }
  if (/^[a-z]:/i.test(path)) {
    return 'its path names a drive';
  }
  const names = path.replace(/\/$/, '').split('/');
  if (names.includes('..')) {
    return 'its path leads out of the archive';
  }
  if (names.includes('') || names.includes('.')) {
    return 'its path has an empty name or "."';
  }
  return undefined;
}

/** What is wrong with the kind of file that an entry makes, or `undefined`. */
export function fileTypeProblem({ externalFileAttributes }: Entry, path: string): string | undefined {
  const type = (externalFileAttributes >>> 16) & FILE_TYPE_BITS;
  if (type === SYMBOLIC_LINK) {
    return 'it is a symbolic link';
  }
  if (!FILE_TYPES.has(type)) {
    return 'it is a device, a pipe or a socket';
  }
  if ((type === 0x4000) !== path.endsWith('/') && type !== 0) {
    return 'its name and its type disagree on whether it is a directory';
  }
  return undefined;
}

/** The same for two paths that are one file where case or Unicode form make no difference. */
export function foldedPath(path: string): string {
  return path.replace(/\/$/, '').normalize('NFKC').toLowerCase();
}
