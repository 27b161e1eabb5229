/** What is wrong with a path in an archive that matches. */
const PATH_PROBLEMS: [pattern: RegExp, what: string][] = [
  [/^$/, 'its name is empty'],
  [/[\u0000-\u001f\u007f-\u009f]/, 'its path contains control characters'],
  [/\\/, 'its path contains a backslash'],
  [/^\//, 'its path is absolute'],
  [/^[a-z]:/i, 'its path starts with a drive letter'],
  [/(^|\/)\.\.(\/|$)/, 'its path points outside the archive'],
  [/(^|\/)\.(\/|$)|\/\//, 'its path contains an empty name or "."'],
];

/** Returns what is wrong with a path in an archive, if anything. Paths of directories end in `/`. */
export function pathProblem(path: string): string | undefined {
  return PATH_PROBLEMS.find(([pattern]) => pattern.test(path))?.[1];
}

/** Folds a path: paths that are the same file on a system that ignores case or Unicode form have the same result. */
export function foldedPath(path: string): string {
  return path.replace(/\/$/, '').normalize('NFKC').toLowerCase();
}
