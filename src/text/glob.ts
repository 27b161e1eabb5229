/** Whether a text has the characters of a pattern. */
export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}

/** Returns what a pattern for names matches: `*` any characters, `?` one; letters in either case. */
export function globPattern(glob: string): RegExp {
  const source = glob
    .trim()
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'isu');
}
