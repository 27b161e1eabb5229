import type { NamedEvent } from '../event-names.ts';
import type { ReadingPlan } from '../plan/reading-plan.ts';
import type { Figures } from './figures.ts';
import type { PlannedFile } from './file-plan.ts';
import type { InspectedEvents } from './inspected-events.ts';
import type { ColumnRole, InspectedColumn, InspectedSeries, Inspection } from './inspection.ts';
import { type CellCounts, noCells } from './value-figures.ts';

/** What a file has to do with time zones, rejections and options is added to this. */
type Report = Pick<
  Inspection,
  | 'encoding'
  | 'delimiter'
  | 'comment'
  | 'headerLine'
  | 'unitLines'
  | 'timeColumns'
  | 'timeFormat'
  | 'decimal'
  | 'rows'
  | 'regularity'
  | 'columns'
  | 'series'
  | 'createsEvents'
>;

/** Describes the table of a file, and what was counted in it. */
export function report({ encoding, plan }: PlannedFile, figures: Figures, events: InspectedEvents): Report {
  const { table, titles, layout, time, values } = plan;
  const columns = titles.slice(0, layout.width).map((_, column) => inspectedColumn(column, plan, figures, events));
  const series =
    layout.kind === 'wide'
      ? []
      : [...figures.events].map(
          ([event, { name, ...counts }]): InspectedSeries => ({ name, ...counts, event: events.describe(event) }),
        );
  const described = [...series.map(({ event }) => event), ...columns.flatMap(({ event }) => event ?? [])];
  return {
    ...{ encoding, delimiter: table.delimiter, comment: table.comment },
    ...{ headerLine: table.header.line, unitLines: table.below.length },
    timeColumns: layout.time.map((column) => titles[column]?.text ?? ''),
    timeFormat: time.format.name,
    decimal: values.decimal,
    rows: figures.rows,
    regularity: figures.steps.regularity,
    ...{ columns, series },
    // An event that was asked for is not created.
    createsEvents: !events.only && described.some(({ publicId }) => publicId === undefined),
  };
}

function inspectedColumn(
  column: number,
  plan: ReadingPlan,
  figures: Figures,
  events: InspectedEvents,
): InspectedColumn {
  const { layout, ignored, titles } = plan;
  const title = titles[column];
  const event = layout.kind === 'wide' ? layout.events.find((one) => one.column === column)?.event : undefined;
  return {
    title: title?.text ?? '',
    role: roleOf(column, plan, event),
    why: ignored.find((one) => one.column === column)?.why,
    unit: event || (layout.kind === 'long' && layout.value === column) ? title?.unit : undefined,
    event: event && events.describe(event),
    ...(event ? countsOf(event, figures) : (figures.cells.get(column) ?? noCells())),
  };
}

/** Empty cells are not counted one by one. */
function countsOf(event: NamedEvent, { events, rows }: Figures): CellCounts {
  const { name: _name, ...counts } = events.get(event) ?? { name: '', ...noCells() };
  return { ...counts, missing: rows - counts.numbers - counts.texts };
}

function roleOf(column: number, { layout, ignored }: ReadingPlan, event: NamedEvent | undefined): ColumnRole {
  if (layout.time.includes(column)) {
    return 'time';
  }
  if (event) {
    return 'values of an event';
  }
  if (layout.kind === 'long') {
    if (layout.value === column) {
      return 'value';
    }
    if (layout.datapointPublicId === column) {
      return 'public id';
    }
    if ('name' in layout.event && [layout.event.name, layout.event.publicId].includes(column)) {
      return 'event';
    }
  }
  return ignored.some((one) => one.column === column) ? 'ignored' : 'unknown';
}
