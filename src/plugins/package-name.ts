/** A valid package name. */
export const NAME_PATTERN = /^[a-zA-Z0-9._-]+$/;

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
