import { Writable } from 'node:stream';
import { InvalidInputError } from '../../errors.ts';
import { defined } from '../../text/defined.ts';
import { BadLines } from '../bad-lines.ts';
import { WrongEncodingError } from '../decode.ts';
import { FileRows } from '../file-rows.ts';
import { checkRequest } from '../import-request.ts';
import type { ReadingOptions } from '../plan/reading-options.ts';
import type { EventColumn, ReadingPlan } from '../plan/reading-plan.ts';
import { leftOutNotes, unusedNotes } from '../reading-notes.ts';
import { readRecords } from '../records.ts';
import { RowEncoder } from '../row-encoder.ts';
import type { NamedSource } from '../sources.ts';
import { outOfRangeNotes, Tally } from '../tally.ts';
import { timestampNotes } from '../time/timestamp-counts.ts';
import { timestampRules } from '../time/timestamp-rules.ts';
import { Figures } from './figures.ts';
import { type OnSample, type PlannedFile, withPlannedFile } from './file-plan.ts';
import { InspectedEvents, type KnownEvent } from './inspected-events.ts';
import type { Inspection } from './inspection.ts';
import { moments } from './moments.ts';
import { pinnedOptions } from './pinned-options.ts';
import { report } from './report.ts';

/** What to inspect, and how to read it. */
export interface InspectionRequest {
  reading: ReadingOptions;
  /** All events of the database; none if there is no database. */
  events: readonly KnownEvent[];
  /** The name or public id of the event of all rows, for a file that does not name it. */
  event?: string | undefined;
  /** Called for the time zone of times without an offset, if neither the file nor the options state it. */
  defaultTimezone(): Promise<string>;
  signal: AbortSignal;
  /** Called with what is known of the file, before it is planned, which may fail. */
  onSample?: OnSample;
  onProgress?(progress: { rows: number; bytes: number }): void;
}

/** The encoding of most files that are not UTF-8. */
const OTHER_ENCODING = 'windows-1252';

/**
 * Looks at a whole file as an import would, without a database: how it is read, what its columns hold, and what an import has
 * to be told.
 * @throws AmbiguousFileError if the file leaves more than one answer; InvalidInputError if it cannot be read
 */
export async function inspectFile(
  source: Pick<NamedSource, 'open' | 'again'>,
  request: InspectionRequest,
): Promise<Inspection> {
  checkRequest({ ...request.reading, events: [] });
  try {
    return await inspectDecoded(source, request);
  } catch (error) {
    const { again } = source;
    if (!(error instanceof WrongEncodingError) || request.reading.encoding !== undefined || !again) {
      throw error;
    }
    const reading = { ...request.reading, encoding: OTHER_ENCODING };
    const inspection = await inspectDecoded({ open: again, again }, { ...request, reading });
    const note = `It is not UTF-8, and read as ${OTHER_ENCODING}: look at the names and units, and pass another --encoding if they are wrong.`;
    return { ...inspection, notes: [note, ...inspection.notes] };
  }
}

/** Where local times are rejected, sees whether the order of the rows tells which instants they are. */
async function inspectDecoded(
  source: Pick<NamedSource, 'open' | 'again'>,
  request: InspectionRequest,
): Promise<Inspection> {
  const inspection = await inspectOnce(source, request);
  const { again } = source;
  const { timezone, rejections, bad } = inspection;
  const isSuspect = timezone !== undefined && rejections.some(({ reason }) => reason === 'not a valid time');
  if (!isSuspect || request.reading.ambiguous !== undefined || !again) {
    return inspection;
  }
  try {
    const reading = { ...request.reading, ambiguous: 'infer' as const };
    const inferred = await inspectOnce({ open: again, again }, { ...request, reading });
    const note = 'The clocks repeat an hour, and the order of the rows shows which is which: --ambiguous infer.';
    return inferred.bad < bad ? { ...inferred, notes: [...inferred.notes, note] } : inspection;
  } catch (error) {
    if (error instanceof InvalidInputError) {
      return inspection;
    }
    throw error;
  }
}

async function inspectOnce(
  source: Pick<NamedSource, 'open' | 'again'>,
  request: InspectionRequest,
): Promise<Inspection> {
  const { reading, signal, onSample, onProgress } = request;
  const contextOf = () => new InspectedEvents(request.events, request.event);
  const events = contextOf();
  const tally = new Tally();
  const progress = (bytes: number) => {
    tally.bytes += bytes;
    onProgress?.({ rows: tally.rows, bytes: tally.bytes });
  };
  return await withPlannedFile(
    source,
    reading,
    events,
    { signal, onBytes: progress, ...defined({ onSample }) },
    async (file) => {
      const { plan, encoding, isLocal } = file;
      const stated = plan.time.timezone;
      const timezone = isLocal && stated === undefined ? await request.defaultTimezone() : stated;
      const { figures, filled, notes } = await readRows(file, { ...reading, ...defined({ timezone }) }, events, tally);
      const isFromHeader = plan.time.timezoneFrom === 'header';
      const isUnicode = encoding === 'utf-8' || encoding.startsWith('utf-16');
      const given = isUnicode ? reading : { ...reading, encoding };
      return {
        ...report({ ...file, plan: withFilled(plan, filled) }, figures, events),
        timezone: isLocal ? timezone : undefined,
        timezoneFrom: !isLocal ? undefined : stated === undefined ? 'default' : isFromHeader ? 'header' : 'options',
        ...moments(figures, isLocal ? timezone : undefined),
        values: tally.rows,
        bad: tally.bad,
        rejections: tally.rejections,
        options: pinnedOptions(file, given, isLocal && !isFromHeader ? timezone : undefined, contextOf),
        notes: [...file.notes, ...unusedNotes(plan), ...notes],
      };
    },
  );
}

/** Reads all rows as an import does, and counts what is in them. */
async function readRows(
  { plan, text }: PlannedFile,
  reading: ReadingOptions,
  { names, create }: InspectedEvents,
  tally: Tally,
): Promise<{ figures: Figures; filled: readonly EventColumn[]; notes: string[] }> {
  const figures = new Figures(plan);
  const { delimiter, comment, convert, firstLine } = plan.table;
  const encoder = new RowEncoder(plan, names, {
    experimentPublicId: undefined,
    newIds: false,
    create,
    times: {
      ...timestampRules({ ...reading, timeFormat: plan.time.format.name, decimal: plan.values.decimal }),
      format: plan.time.format,
    },
    counts: tally.timestamps,
    tally,
    observer: figures,
  });
  const rows = new FileRows(plan, encoder, new CountedLines(plan, nowhere()), tally);
  for await (const records of readRecords(text, { delimiter, comment, convert, firstLine })) {
    for await (const _block of rows.encode(records)) {
      // Only counted.
    }
  }
  await rows.end();
  return {
    figures,
    filled: encoder.filled,
    notes: [...leftOutNotes(rows.leftOut), ...timestampNotes(tally.timestamps), ...outOfRangeNotes(tally.outOfRange)],
  };
}

/** The plan as all of the file shows it. */
function withFilled(plan: ReadingPlan, filled: readonly EventColumn[]): ReadingPlan {
  const { layout, ignored } = plan;
  return layout.kind === 'long'
    ? plan
    : {
        ...plan,
        layout: { ...layout, events: [...layout.events, ...filled] },
        ignored: ignored.filter((one) => filled.every(({ column }) => column !== one.column)),
      };
}

/** Bad lines that are only counted, however many they are. */
class CountedLines extends BadLines {
  override check(): void {}
}

function nowhere(): Writable {
  return new Writable({ write: (_piece, _encoding, done) => done() });
}
