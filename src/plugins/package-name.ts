import { InvalidInputError } from '../errors.ts';
import { quoted } from '../text/printable.ts';

/**
 * A valid package name: it cannot be mistaken for an option, a file or a URL by an installer.
 * @see https://packaging.python.org/en/latest/specifications/name-normalization/#name-format
 */
export const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i;

/** @throws InvalidInputError for a name that must not be passed to an installer */
export function checkPackageName(name: string): void {
  if (!NAME_PATTERN.test(name)) {
    throw new InvalidInputError(`${quoted(name)} is not a valid package name, so Python cannot have it.`, {
      hint: 'Pass --no-pip to remove its record and file only.',
    });
  }
}

/**
 * Normalizes the name of a package: `My.Plugin`, `my_plugin` and `my-plugin` are the same package.
 * @see https://packaging.python.org/en/latest/specifications/name-normalization/
 */
export function normalizedName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** Whether two spellings name the same package. */
export function sameName(a: string, b: string): boolean {
  return normalizedName(a) === normalizedName(b);
}
