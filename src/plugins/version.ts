import { compare, valid } from '@renovatebot/pep440';

/**
 * A version of a Python package, in any of the ways that PEP 440 permits to write it, to be compared with others.
 * @see https://packaging.python.org/en/latest/specifications/version-specifiers/
 */
export interface Version {
  readonly comparable: string;
}

/** The column's width. */
const MAX_CHARACTERS = 50;
/** Longer numbers are not exact in JavaScript, and different ones would be the same. */
const MAX_DIGITS = 15;

/** For messages: what a version must keep to besides PEP 440. */
export const VERSION_LIMITS = `at most ${MAX_CHARACTERS} characters, and at most ${MAX_DIGITS} digits a number`;

const INEXACT = new RegExp(`\\d{${MAX_DIGITS + 1}}`);

/** The version that a text writes, or `undefined`. */
export function parseVersion(text: string): Version | undefined {
  if (text.length > MAX_CHARACTERS || INEXACT.test(text) || valid(text) === null) {
    return undefined;
  }
  const [common = '', local] = text.split('+');
  return { comparable: local === undefined ? common : `${common}+${local.replace(/[a-z0-9]+/gi, asWord)}` };
}

/** The library takes a commit such as `4e10` for a number. As words they keep their order behind one letter. */
function asWord(part: string): string {
  return /^\d+$/.test(part) ? part : `x${part}`;
}

/** Negative where `a` is the earlier version, positive where it is the later, 0 where they are the same. */
export function compareVersions(a: Version, b: Version): number {
  return compare(a.comparable, b.comparable);
}

/** Whether two texts write the same version. */
export function sameVersion(a: string, b: string): boolean {
  const [first, second] = [parseVersion(a), parseVersion(b)];
  return first && second ? compareVersions(first, second) === 0 : a === b;
}
