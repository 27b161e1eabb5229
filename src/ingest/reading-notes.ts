import { counted, grouped } from '../text/counted.ts';
import { excerpt } from '../text/printable.ts';
import type { ReadingOptions } from './plan/reading-options.ts';
import type { IgnoredColumn, ReadingPlan } from './plan/reading-plan.ts';

const MAX_LISTED = 10;
/** What needs no mention: what a person asked for, and what holds nothing. */
const EXPECTED: readonly IgnoredColumn['why'][] = ['empty', 'option', 'rejection', 'not needed'];

/** What was left out of a file, besides what is rejected. */
export interface LeftOut {
  /** How many values are missing, by the text that stands for them; without the empty cells of a wide file. */
  missing: ReadonlyMap<string, number>;
  /** How many numbers the columns of text have, by their titles. */
  numbersInText: ReadonlyMap<string, number>;
  /** Rows of names that the options exclude, and of the marks of a logger. */
  excluded: number;
  /** Headers within the table. */
  repeatedHeaders: number;
  /** Lines below the table. */
  footer: readonly string[];
}

/** Sentences on how a file is read, where that is not obvious. */
export function planNotes(plan: ReadingPlan, options: ReadingOptions): string[] {
  const { titles, table, layout, ignored, time, values, units } = plan;
  const columns = ignored
    .filter(({ why }) => !EXPECTED.includes(why))
    .map(({ title, why }) => `${excerpt(title)} (${why})`);
  const timeTitle = layout.time.map((column) => titles[column]).find((title) => title?.offset !== undefined);
  const isContradicted = timeTitle && options.timezone !== undefined && !isSameZone(options.timezone, timeTitle.offset);
  const isZoneFound = time.timezoneFrom === 'header';
  return [
    ...(time.format.name !== 'iso' && options.timeFormat === undefined
      ? [`The times are read as ${time.format.name}.`]
      : []),
    ...(isZoneFound ? [`The times are in ${time.timezone}, as column ${excerpt(timeTitle?.text ?? '')} says.`] : []),
    ...(isContradicted
      ? [
          `The times are read in ${time.timezone}, although column ${excerpt(timeTitle?.text ?? '')} says ${timeTitle?.offset}.`,
        ]
      : []),
    ...(values.decimal === ',' && options.decimal === undefined ? ['The numbers have a decimal comma.'] : []),
    ...(table.below.length > 0 && options.skipAfter === undefined
      ? [
          table.below.length === 1
            ? 'The line below the header is read as units.'
            : `The ${table.below.length} lines below the header are read as units.`,
        ]
      : []),
    ...(columns.length > 0 ? [`Columns that are not imported: ${listed(columns)}.`] : []),
    ...(units.length > 0 ? [`Units that are not those of the events: ${listed(units)}.`] : []),
    ...unusedNotes(plan),
  ];
}

/** Patterns without a match, and what was mapped and has not occurred in a file whose rows name their event. */
export function unusedNotes({ layout, mapping }: ReadingPlan): string[] {
  const unused = layout.kind === 'long' ? mapping.unused : [];
  const { unmatched } = mapping;
  return [
    ...(unmatched.length > 0 ? [`No column or name matches ${listed(unmatched.map(excerpt))}.`] : []),
    ...(unused.length > 0 ? [`The file does not name what --map has: ${listed(unused.map(excerpt))}.`] : []),
  ];
}

/** Sentences on events that a file names, and that are not created, since it has no value of them. */
export function notCreatedNotes(names: readonly string[]): string[] {
  return names.length > 0 ? [`No event is created for names without a value: ${listed(names.map(excerpt))}.`] : [];
}

/** Sentences on what was left out. */
export function leftOutNotes({ missing, numbersInText, excluded, repeatedHeaders, footer }: LeftOut): string[] {
  const texts = [...missing].map(([text, count]) => `${grouped(count)} × ${text === '' ? 'empty' : excerpt(text)}`);
  return [
    ...(texts.length > 0 ? [`Missing values: ${listed(texts)}.`] : []),
    ...[...numbersInText].map(
      ([title, count]) =>
        `Column ${excerpt(title)} is text in the first part of the file, and not imported, but has ${counted(count, 'number')}: pass --map ${excerpt(`${title}=EVENT`)} to import it.`,
    ),
    ...(excluded > 0 ? [`${counted(excluded, 'row')} of names that are not imported.`] : []),
    ...(repeatedHeaders > 0 ? [`${counted(repeatedHeaders, 'header line')} within the table skipped.`] : []),
    ...(footer.length > 0 ? [`Lines below the table that are not part of it: ${listed(footer.map(excerpt))}.`] : []),
  ];
}

function isSameZone(timezone: string, offset: string | undefined): boolean {
  return timezone === offset || (/^(?:UTC|[+-]00:00)$/.test(timezone) && /^(?:UTC|[+-]00:00)$/.test(offset ?? ''));
}

function listed(texts: readonly string[]): string {
  const more = texts.length - MAX_LISTED;
  return texts.slice(0, MAX_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
