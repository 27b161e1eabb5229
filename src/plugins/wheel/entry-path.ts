import type { Entry } from 'yauzl';
import { pathProblem } from '../../files/archive-path.ts';
import type { Rule } from './refusal.ts';

const UTF8_FLAG = 0x0800;
/** Allowed file types, in the upper four bits of a Unix mode; 0 if the archive was not created on Unix. */
const FILE_TYPES = new Set([0, 0x8000, 0x4000]);
const FILE_TYPE_BITS = 0xf000;
const SYMBOLIC_LINK = 0xa000;
/** Info-ZIP's extra field with a second name of the entry. */
const UNICODE_PATH = 0x7075;

/** The path of an entry, or what is wrong with it. */
export type PathCheck = { path: string } | { rule: Rule; what: string };

/** Decodes the name of an entry, if every reader decodes it to the same text. */
export function entryPath({ fileNameRaw, generalPurposeBitFlag, extraFields }: Entry): PathCheck {
  let path: string;
  try {
    path = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(fileNameRaw);
  } catch {
    return { rule: 'path', what: 'its name is not UTF-8' };
  }
  if (/[^\x20-\x7e]/.test(path) && (generalPurposeBitFlag & UTF8_FLAG) === 0) {
    return { rule: 'path', what: 'its name is not ASCII, but not marked as UTF-8' };
  }
  if (extraFields.some(({ id }) => id === UNICODE_PATH)) {
    return { rule: 'path', what: 'it has a second name' };
  }
  const what = pathProblem(path);
  return what === undefined ? { path } : { rule: 'path', what };
}

/** Returns what is wrong with the file type of an entry, if anything. */
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
