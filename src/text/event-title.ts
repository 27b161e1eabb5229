/** What stands where an event has no unit. */
const NO_UNIT = new Set(['', '-']);

/** Returns the title of a column with the values of an event: `Bed temperature [°C]`, or its name alone if it has no unit. */
export function eventTitle({ name, unit }: { name: string; unit?: string | null }): string {
  return NO_UNIT.has(unit?.trim() ?? '') ? name : `${name} [${unit}]`;
}

/** Returns what is left of a name or title if case and the number of blanks are ignored. */
export function alike(name: string): string {
  return name.trim().toLowerCase().replace(/\s+/g, ' ');
}
