import type { Row } from '../../../cli/output.ts';
import type { FoundFile } from '../../../files/find-files.ts';
import type {
  InspectedColumn,
  InspectedEvent,
  InspectedSeries,
  Inspection,
  Moment,
} from '../../../ingest/inspect/inspection.ts';

export interface Inspected {
  file: FoundFile;
  inspection: Inspection;
  command: string;
  /** Why the columns are not compared with events; `undefined` if they are. */
  database: string | undefined;
}

export function inspectionRow({ file, inspection, command, database }: Inspected): Row {
  const { first, last, regularity, rejections, columns, series, notes, options } = inspection;
  const { step, gaps, longest, repeated, backwards } = regularity;
  return {
    file: file.path,
    size_bytes: file.size ?? null,
    encoding: inspection.encoding,
    delimiter: inspection.delimiter,
    comment: inspection.comment ?? null,
    decimal: inspection.decimal,
    header_line: inspection.headerLine ?? null,
    unit_lines: inspection.unitLines,
    time_columns: inspection.timeColumns,
    time_format: inspection.timeFormat,
    timezone: inspection.timezone ?? null,
    timezone_from: inspection.timezoneFrom ?? null,
    first: momentRow(first),
    last: momentRow(last),
    step_seconds: step === undefined ? null : step / 1e6,
    gaps,
    longest_gap_seconds: longest ? longest.length / 1e6 : null,
    repeated_times: repeated,
    backward_times: backwards,
    rows: inspection.rows,
    values: inspection.values,
    rejected_lines: inspection.bad,
    rejections,
    columns: columns.map(columnRow),
    series: series.map(({ name, event, ...counts }) => ({ name, ...eventRow(event), ...countsRow(counts) })),
    creates_events: inspection.createsEvents,
    events_compared: database === undefined,
    notes,
    options,
    command,
  };
}

function momentRow(moment: Moment | undefined): Row | null {
  return moment ? { in_file: moment.text, local: moment.local ?? null, utc: moment.utc } : null;
}

function columnRow({ title, role, why, unit, event, ...counts }: InspectedColumn): Row {
  return { title, role, why: why ?? null, unit: unit ?? null, ...eventRow(event), ...countsRow(counts) };
}

function eventRow(event: InspectedEvent | undefined): Row {
  return {
    event: event?.name ?? null,
    event_public_id: event?.publicId ?? null,
    new_event: event ? event.publicId === undefined : null,
    near_event: event?.near ?? null,
  };
}

function countsRow({ numbers, missing, texts, min, max }: Omit<InspectedSeries, 'name' | 'event'>): Row {
  return { numbers, missing, texts, min: min ?? null, max: max ?? null };
}
