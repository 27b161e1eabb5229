/** What a package may be called. */
export const NAME_PATTERN = /^[a-zA-Z0-9._-]+$/;

/**
 * A package's name in the one form that all its spellings have in common: `My.Plugin`, `my_plugin` and `my-plugin` are
 * one package.
 * @see https://packaging.python.org/en/latest/specifications/name-normalization/
 */
export function normalisedName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** Whether two spellings name the same package. */
export function sameName(a: string, b: string): boolean {
  return normalisedName(a) === normalisedName(b);
}
