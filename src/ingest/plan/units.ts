import { excerpt } from '../../text/printable.ts';
import type { EventNames, NamedEvent } from '../event-names.ts';
import { isMissing } from './cell.ts';
import type { Columns } from './columns.ts';
import type { Table } from './table.ts';
import type { Title } from './title.ts';

/** Lists the units in the first part of a file that are not those of the events. */
export function otherUnits(
  table: Table,
  titles: readonly Title[],
  { layout, ignored }: Columns,
  names: EventNames,
): string[] {
  const found = new Set<string>();
  const compare = (event: NamedEvent | undefined, unit: string | undefined) => {
    if (event && isUnit(event.unit) && isUnit(unit) && event.unit !== unit) {
      found.add(`${excerpt(unit)} for ${excerpt(event.name)} in ${excerpt(event.unit)}`);
    }
  };
  if (layout.kind === 'wide') {
    for (const { column, event } of layout.events) {
      compare(event, titles[column]?.unit?.trim());
    }
    return [...found];
  }
  const { event, value } = layout;
  const unitColumn = ignored.find(({ why }) => why === 'not needed')?.column;
  for (const { fields } of unitColumn === undefined ? [] : table.rows) {
    compare('only' in event ? event.only : eventOf(fields, event, names), fields[unitColumn ?? 0]?.trim());
  }
  compare('only' in event ? event.only : undefined, titles[value]?.unit?.trim());
  return [...found];
}

function eventOf(
  fields: readonly string[],
  { publicId, name }: { publicId: number | undefined; name: number | undefined },
  names: EventNames,
): NamedEvent | undefined {
  const byId = publicId === undefined ? undefined : names.byPublicId(fields[publicId] ?? '');
  return byId ?? (name === undefined ? undefined : names.findIgnoringCase(fields[name] ?? ''));
}

function isUnit(text: string | null | undefined): text is string {
  return text !== undefined && text !== null && !isMissing(text);
}
