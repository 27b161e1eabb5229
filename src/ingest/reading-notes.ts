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
  /** Rows of events that the options exclude. */
  excluded: number;
  /** Headers within the table. */
  repeatedHeaders: number;
  /** Lines below the table. */
  footer: readonly string[];
}

/** Sentences on how a file is read, where that is not obvious. */
export function planNotes(plan: ReadingPlan, options: ReadingOptions): string[] {
  const { titles, table, layout, ignored, time, values } = plan;
  const columns = ignored
    .filter(({ why }) => !EXPECTED.includes(why))
    .map(({ title, why }) => `${excerpt(title)} (${why})`);
  const [timeColumn] = layout.time;
  const isZoneFound = time.timezone !== undefined && options.timezone === undefined;
  return [
    ...(time.format.name !== 'iso' && options.timeFormat === undefined
      ? [`The times are read as ${time.format.name}.`]
      : []),
    ...(isZoneFound
      ? [`The times are in ${time.timezone}, as column ${excerpt(titles[timeColumn ?? 0]?.text ?? '')} says.`]
      : []),
    ...(values.decimal === ',' && options.decimal === undefined ? ['The numbers have a decimal comma.'] : []),
    ...(table.below.length > 0 && options.skipAfter === undefined
      ? [
          `${table.below.length === 1 ? 'The line' : `The ${table.below.length} lines`} below the header are read as units.`,
        ]
      : []),
    ...(columns.length > 0 ? [`Columns that are not imported: ${listed(columns)}.`] : []),
    ...unusedNotes(plan),
  ];
}

/** What was mapped and has not occurred, in a file whose rows name their event. */
export function unusedNotes({ layout, mapping }: ReadingPlan): string[] {
  const unused = layout.kind === 'long' ? mapping.unused : [];
  return unused.length > 0 ? [`The file does not name what --map has: ${listed(unused.map(excerpt))}.`] : [];
}

/** Sentences on what was left out. */
export function leftOutNotes({ missing, excluded, repeatedHeaders, footer }: LeftOut): string[] {
  const texts = [...missing].map(([text, count]) => `${grouped(count)} × ${text === '' ? 'empty' : excerpt(text)}`);
  return [
    ...(texts.length > 0 ? [`Missing values: ${listed(texts)}.`] : []),
    ...(excluded > 0 ? [`${counted(excluded, 'row')} of events that --ignore and --only exclude.`] : []),
    ...(repeatedHeaders > 0 ? [`${counted(repeatedHeaders, 'header line')} within the table skipped.`] : []),
    ...(footer.length > 0 ? [`Lines below the table that are not part of it: ${listed(footer.map(excerpt))}.`] : []),
  ];
}

function listed(texts: readonly string[]): string {
  const more = texts.length - MAX_LISTED;
  return texts.slice(0, MAX_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
