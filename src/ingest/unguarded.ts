/** A text that an export for spreadsheets has put an apostrophe before, so that they do not run it. */
const GUARDED = /^'(?=[=+\-@\t\r])/;

/** Returns a name or title as it was before an export for spreadsheets. */
export function unguarded(name: string): string {
  return name.replace(GUARDED, '');
}
