import { compare, satisfies, valid, validRange } from '@renovatebot/pep440';

/**
 * A version of a Python package, in any spelling that PEP 440 allows.
 * @see https://packaging.python.org/en/latest/specifications/version-specifiers/
 */
export interface Version {
  readonly comparable: string;
}

/** The width of the column. */
const MAX_CHARACTERS = 50;
/** Longer numbers are not exact in JavaScript: different ones could compare as equal. */
const MAX_DIGITS = 15;

/** Our limits besides PEP 440, for messages. */
export const VERSION_LIMITS = `at most ${MAX_CHARACTERS} characters, and at most ${MAX_DIGITS} digits per number`;

const INEXACT = new RegExp(`\\d{${MAX_DIGITS + 1}}`);

/** Parses a version; `undefined` if it is not valid. */
export function parseVersion(text: string): Version | undefined {
  if (text.length > MAX_CHARACTERS || INEXACT.test(text) || valid(text) === null) {
    return undefined;
  }
  const [common = '', local] = text.split('+');
  return { comparable: local === undefined ? common : `${common}+${local.replace(/[a-z0-9]+/gi, asWord)}` };
}

/** Marks a word with a letter: the library would parse a commit such as `4e10` as a number. The order is unchanged. */
function asWord(part: string): string {
  return /^\d+$/.test(part) ? part : `x${part}`;
}

/** Returns a negative number if `a` is earlier than `b`, a positive one if it is later, and 0 if they are equal. */
export function compareVersions(a: Version, b: Version): number {
  return compare(a.comparable, b.comparable);
}

/** Whether two texts are spellings of the same version. */
export function sameVersion(a: string, b: string): boolean {
  const [first, second] = [parseVersion(a), parseVersion(b)];
  return first && second ? compareVersions(first, second) === 0 : a === b;
}

/** Whether a Python is one that a package requires. As in pip, pre-releases count, and an invalid requirement is ignored. */
export function fulfils(python: string, requirement: string): boolean {
  const range = requirement.replace(/,\s*$/, '');
  return !validRange(range) || satisfies(python, range, { prereleases: true });
}
