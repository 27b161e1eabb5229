import { InvalidInputError } from '../../errors.ts';
import { excerpt } from '../../text/printable.ts';
import type { Columns } from './columns.ts';
import { normalized } from './known-names.ts';
import type { Mapping } from './mapping.ts';
import type { Table } from './table.ts';

/** Names of columns that tell which device a row is from. */
const SOURCE_NAMES = [
  ...['device', 'device id', 'device name', 'host', 'hostname', 'station', 'station id', 'node', 'node id', 'room'],
  ...['location', 'site', 'sensor', 'sensor id', 'serial', 'serial number', 'logger', 'labels', 'dev eui', 'deveui'],
];
const MAX_LISTED = 3;

/**
 * Refuses a file in which the rows of several devices would become those of one event.
 * @throws InvalidInputError naming the column
 */
export function refuseSeveralSources(table: Table, { ignored }: Columns, mapping: Mapping): void {
  for (const { column, title, why } of ignored) {
    if (
      (why === 'text' || why === 'not named') &&
      SOURCE_NAMES.includes(normalized(title)) &&
      !mapping.excludes(title)
    ) {
      const values = [...new Set(table.rows.map(({ fields }) => fields[column]?.trim() ?? ''))].filter(Boolean);
      if (values.length > 1) {
        const listed = values.slice(0, MAX_LISTED).map(excerpt).join(', ');
        throw new InvalidInputError(
          `The file has rows of several: column ${excerpt(title)} has ${listed}${values.length > MAX_LISTED ? ', …' : ''}.`,
          {
            hint: `Their values would become those of one event. Split the file; or pass --event-column if the column names the event, or --ignore ${excerpt(title)} if they belong together.`,
          },
        );
      }
    }
  }
}
