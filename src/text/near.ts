import { closest } from './edit-distance.ts';

/** Returns the name that was probably meant, if one is close. */
export function nearest(given: string, names: Iterable<string>): string | undefined {
  const wanted = given.trim();
  return closest(wanted, names, Math.min(2, Math.floor(wanted.length / 3)));
}

/** Returns the start of a hint, if a name is close. */
export function suggestNearest(given: string, names: Iterable<string>): string {
  return didYouMean([nearest(given, names)]);
}

/** Returns the start of a hint: `Did you mean "Run 7" or "Run 8"? `; empty without names. */
export function didYouMean(names: readonly (string | undefined)[]): string {
  const known = names.filter((name) => name !== undefined).map((name) => `"${name}"`);
  const last = known.pop();
  return last === undefined ? '' : `Did you mean ${known.length > 0 ? `${known.join(', ')} or ` : ''}${last}? `;
}
