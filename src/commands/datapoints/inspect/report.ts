import type { Context } from '../../../cli/context.ts';
import type { Row } from '../../../cli/output.ts';
import { counted, duration, fileSize, grouped, printable, quoted, rounded } from '../../../cli/text.ts';
import type {
  InspectedColumn,
  InspectedEvent,
  InspectedSeries,
  Inspection,
} from '../../../ingest/inspect/inspection.ts';
import { isoOf } from '../../../ingest/inspect/moments.ts';
import { delimiterName } from '../../../ingest/plan/table.ts';
import { shellWord } from '../../../text/shell-word.ts';
import { type Inspected, inspectionRow } from './inspection-row.ts';

/** On a terminal, a file with more columns is shortened. */
const SHOWN_COLUMNS = 50;
const CHANGE_IT = 'change it if the clock of the logger is in another one';
const COLUMNS = ['column', 'event', 'numbers', 'missing', 'text', 'min', 'max', 'unit'];

export async function printInspection(ctx: Context, inspected: Inspected): Promise<void> {
  const { output } = ctx;
  if (output.structured) {
    return await output.one(inspectionRow(inspected));
  }
  const { inspection, command } = inspected;
  const isCompared = inspected.database === undefined;
  const isTerminal = output.forPeople;
  await output.one(facts(inspected));
  const rows = [
    ...inspection.columns.map((column) => columnRow(column, isCompared)),
    ...inspection.series.map((series) => seriesRow(series, isCompared)),
  ];
  const shown = isTerminal ? rows.slice(0, SHOWN_COLUMNS) : rows;
  await output.text(isTerminal ? '\n' : '');
  await output.list(shown, COLUMNS);
  const hidden = rows.length - shown.length;
  await output.text(hidden > 0 ? `and ${grouped(hidden)} more, which --json shows.\n` : '');
  const notes = notesOf(inspected);
  await output.text(isTerminal && notes.length > 0 ? '\n' : '');
  for (const note of notes) {
    await output.text(`${isTerminal ? 'Note: ' : 'note\t'}${printable(note)}\n`);
  }
  await output.text(isTerminal ? `\n${output.style.bold(command)}\n` : `${command}\n`);
}

function facts({ file, inspection }: Inspected): Row {
  const { encoding, delimiter, comment, headerLine, unitLines, timeFormat, timeColumns, decimal } = inspection;
  const units = unitLines === 0 ? '' : `, with ${counted(unitLines, 'line')} of units below it`;
  const columns = timeColumns.map(quoted).join(' and ');
  return {
    file: file.size === undefined ? file.path : `${file.path}, ${fileSize(file.size)}`,
    encoding,
    delimiter: delimiterName(delimiter),
    ...(comment === undefined ? {} : { comments: `lines that start with ${quoted(comment)}` }),
    ...(decimal === ',' ? { decimal: 'comma' } : {}),
    header: headerLine === undefined ? 'as given' : `line ${headerLine}${units}`,
    time: `${columns}, ${timeFormat === 'iso' ? 'ISO 8601' : timeFormat}`,
    timezone: timezoneText(inspection),
    ...timesOf(inspection),
    rows: `${grouped(inspection.rows)}, with ${counted(inspection.values, 'value')}`,
    ...(inspection.bad > 0 ? { rejected: rejectedText(inspection) } : {}),
  };
}

function timezoneText({ timezone, timezoneFrom }: Inspection): string {
  const from = { options: '', header: ', as the header says', default: `, that of this machine: ${CHANGE_IT}` };
  return timezone === undefined ? 'in each time' : `${timezone}${timezoneFrom ? from[timezoneFrom] : ''}`;
}

function timesOf({ first, last, regularity, timeFormat }: Inspection): Row {
  if (!first || !last) {
    return {};
  }
  const [from, to] = [first, last].map(({ text, local, utc }) => {
    const given = timeFormat === 'iso' ? '' : `, in the file ${quoted(text)}`;
    return `${local === undefined ? '' : `${local} = `}${utc}${given}`;
  });
  const { step, gaps, longest, repeated, backwards } = regularity;
  const gap = longest && `, the longest ${duration(longest.length / 1e6)} after ${isoOf(longest.from)}`;
  return {
    first: from,
    last: to,
    ...(step === undefined ? {} : { rate: `a row every ${duration(step / 1e6)}` }),
    ...(step === undefined ? {} : { gaps: gaps === 0 ? 'none' : `${grouped(gaps)}${gap ?? ''}` }),
    ...(repeated > 0 ? { repeated: `${counted(repeated, 'row')} at the time of the row before` } : {}),
    ...(backwards > 0 ? { backwards: `${counted(backwards, 'row')} earlier than the row before` } : {}),
  };
}

function rejectedText({ bad, rejections }: Inspection): string {
  const reasons = rejections.map(({ reason, count, example }) => `${grouped(count)} × ${reason}, such as ${example}`);
  return `${counted(bad, 'line')}: ${reasons.join('; ')}`;
}

function columnRow({ title, role, why, event, unit, ...counts }: InspectedColumn, isCompared: boolean): Row {
  const what = event ? eventText(event, isCompared) : `(${role === 'ignored' ? `not imported: ${why}` : role})`;
  return {
    column: title,
    event: what,
    ...figures(counts, role !== 'time' && role !== 'event'),
    unit: unit ?? event?.unit,
  };
}

function seriesRow({ name, event, ...counts }: InspectedSeries, isCompared: boolean): Row {
  return { column: name, event: eventText(event, isCompared), ...figures(counts, true), unit: event.unit };
}

function eventText({ name, publicId }: InspectedEvent, isCompared: boolean): string {
  return publicId === undefined && isCompared ? `${name} (new)` : name;
}

function figures(
  { numbers, missing, texts, min, max }: Omit<InspectedSeries, 'name' | 'event'>,
  counted: boolean,
): Row {
  return counted && numbers + missing + texts > 0
    ? {
        numbers: grouped(numbers),
        missing: grouped(missing),
        text: grouped(texts),
        min: rounded(min),
        max: rounded(max),
      }
    : {};
}

function notesOf({ inspection, database }: Inspected): string[] {
  const { columns, series, bad, notes } = inspection;
  const events = [
    ...columns.map(({ title, unit, event }) => ({ title, unit, event })),
    ...series.map(({ name, event }) => ({ title: name, unit: undefined, event })),
  ];
  const near = events.flatMap(({ title, event }) =>
    event?.near === undefined
      ? []
      : [
          `${quoted(title)} is not an event, but nearly ${quoted(event.near)}: if it is that, pass --map ${shellWord(`${title}=${event.near}`)}`,
        ],
  );
  const units = events.flatMap(({ title, unit, event }) =>
    event?.publicId !== undefined && unit !== undefined && event.unit !== undefined && unit !== event.unit
      ? [
          `${quoted(title)} is in ${unit}, and the event ${quoted(event.name)} in ${event.unit}: values are imported as they are.`,
        ]
      : [],
  );
  return [
    ...notes,
    ...(bad > 0
      ? ['The command refuses the file for its rejected lines: to import the others, add --skip-bad FILE.']
      : []),
    ...units,
    ...near,
    ...(database === undefined
      ? []
      : [`${database} The columns are not compared with events; --create-events creates those that are missing.`]),
  ];
}
