import { unguarded } from '../unguarded.ts';

/** The title of a column, taken apart. */
export interface Title {
  /** As in the header, without surrounding blanks. */
  text: string;
  /** Without unit and remarks. */
  name: string;
  unit: string | undefined;
  /** The offset of the times in this column, such as `+02:00`. */
  offset: string | undefined;
}

/** `Temp, °C (LGR S/N: 1)`, `Temp (°C)`, `Temp [°C]`. */
const WITH_UNIT = /^(.*?\S)\s*(?:,\s*([^,()[\]]{1,20}?)|\(([^()]{1,20})\)|\[([^[\]]{1,20})\])\s*(?:\(.*\))?$/su;
const OFFSET = /\b(?:GMT|UTC)(?:\s*([+-])(\d{1,2})(?::?(\d{2}))?)?\b/i;

/** @param unitBelow the cell of the row of units below the header, if there is one */
export function readTitle(title: string, unitBelow?: string): Title {
  const text = title.trim();
  const [, name = text, ...units] = WITH_UNIT.exec(text) ?? [];
  const unit = units.find((found) => found !== undefined)?.trim();
  const below = unitBelow?.trim() || undefined;
  return {
    text,
    name,
    unit: unit ?? below,
    offset: offsetIn(unit) ?? offsetIn(below) ?? (IN_UTC.test(name) ? 'UTC' : undefined),
  };
}

/** The name of a new event for a column: its whole title, if another one differs only in the rest of it. */
export function newName(title: Title, titles: readonly Title[]): string {
  const isSame = (other: Title) => other.name.toLowerCase() === title.name.toLowerCase();
  return unguarded(titles.filter(isSame).length > 1 ? title.text : title.name);
}

/** `time_utc`, `DateTime UTC`. */
const IN_UTC = /[ _](?:utc|gmt)$/i;

function offsetIn(unit: string | undefined): string | undefined {
  const [found, sign, hours = '0', minutes = '00'] = OFFSET.exec(unit ?? '') ?? [];
  if (found === undefined) {
    return undefined;
  }
  return sign === undefined ? 'UTC' : `${sign}${hours.padStart(2, '0')}:${minutes}`;
}
