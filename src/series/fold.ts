import { availableParallelism } from 'node:os';
import { copyRows, type RowSink } from '../database/copy-out.ts';
import { withSettings } from '../database/session.ts';
import type { Snapshot } from '../database/snapshot.ts';
import { type Slice, sliceSelection } from '../export/query.ts';
import { readSlices } from '../export/read-slices.ts';
import { type Chunk, ReorderBuffer, type SliceBuffer } from '../export/reorder-buffer.ts';
import type { ExportRequest } from '../export/request.ts';
import { defined } from '../text/defined.ts';
import { microsecondsOf } from './buckets.ts';
import type { EventFold } from './event-fold.ts';

/** The columns of `datapoints d` that are folded: those of a fixed length first. */
const COLUMNS = 'd.timestamp, d.value, d.event_public_id';
/** Where datapoints are not stored in the order of time, the planner might read the whole table for each slice. */
const BY_INDEX = { enable_seqscan: 'off' };
/** What precedes the first row. */
const HEADER_BYTES = 19;
const FIRST_LETTER = 'P'.charCodeAt(0);
/** Within a row: a count of columns, and a length before each of them. */
const TIME = 6;
const VALUE = TIME + 12;
const EVENT = VALUE + 12;

/** More than in an export, for a datapoint takes less memory here. */
const ROWS_PER_SLICE = 100_000;
/** An event's time, value and number in a chunk, each as a double. */
const RECORD_BYTES = 24;

export interface FoldRequest {
  selection: ExportRequest;
  /** About how many datapoints there are, how many are read at once, and between which times most are, in seconds since 1970. */
  rows: number;
  rowsPerSlice?: number | undefined;
  from: number;
  to: number;
  signal: AbortSignal;
  /** Called after each part folded, with the number of datapoints in it. */
  onRows(rows: number): void;
}

/**
 * Reads datapoints once, in the order of time, and folds those of each event: slices of time over several connections, as an export
 * does, for the server takes twice as long as the fold. In constant memory on both sides.
 * @param folds of all events that have such datapoints, by public id
 */
export async function foldDatapoints(
  snapshot: Snapshot,
  { selection, rows, rowsPerSlice = ROWS_PER_SLICE, from, to, signal, onRows }: FoldRequest,
  folds: ReadonlyMap<string, EventFold>,
): Promise<void> {
  const slices = slicesOf(microsecondsOf(from), microsecondsOf(to), Math.ceil(rows / rowsPerSlice) || 1);
  const jobs = Math.min(4, availableParallelism(), slices.length);
  const buffer = new ReorderBuffer(signal, true);
  const ids = [...folds.keys()];
  const failed = Promise.withResolvers<never>();
  readSlices(snapshot, jobs, slices, buffer, async (client, slice, output) => {
    const query = `select ${COLUMNS} from datapoints d where ${sliceSelection(selection, slice)} order by d.timestamp`;
    const copy = `copy (${query}) to stdout (format binary)`;
    await withSettings(client, BY_INDEX, () => copyRows(client, copy, new RecordSink(ids, output)));
    return undefined;
  }).catch(failed.reject);
  await Promise.race([foldChunks(buffer, [...folds.values()], onRows), failed.promise]);
}

/** Divides all of time at equal distances between two times, in microseconds since 1970. */
function slicesOf(from: bigint, to: bigint, count: number): Slice[] {
  const ends = Array.from({ length: count - 1 }, (_, at) => from + ((to - from) * BigInt(at + 1)) / BigInt(count));
  const cuts = [...new Set(ends)];
  return [...cuts, undefined].map((end, at) => defined({ from: cuts[at - 1], to: end }));
}

async function foldChunks(
  buffer: ReorderBuffer,
  folds: readonly EventFold[],
  onRows: (rows: number) => void,
): Promise<void> {
  for await (const { bytes, length } of buffer.chunks()) {
    const records = new Float64Array(bytes.buffer, bytes.byteOffset, length / 8);
    for (let at = 0; at < records.length; at += 3) {
      folds[records[at + 2] ?? 0]?.add(records[at] ?? 0, records[at + 1] ?? 0);
    }
    onRows(length / RECORD_BYTES);
  }
  for (const fold of folds) {
    fold.end();
  }
}

/** @see https://www.postgresql.org/docs/17/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY-FORMAT */
class RecordSink implements RowSink {
  readonly #events: ReadonlyMap<string, NumberedEvent>;
  readonly #output: SliceBuffer;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #chunk: Chunk | undefined;
  #records: Float64Array = new Float64Array(0);
  #previous: NumberedEvent | undefined;

  constructor(ids: readonly string[], output: SliceBuffer) {
    const events = ids.map((id, number): NumberedEvent => ({ key: Buffer.from(id), number, next: undefined }));
    this.#events = new Map(events.map((event) => [event.key.toString('latin1'), event]));
    this.#output = output;
  }

  row(bytes: Buffer, start: number, end: number): void {
    const at = bytes[start] === FIRST_LETTER ? start + HEADER_BYTES : start;
    // The end of the data is a row without columns.
    if (end - at < EVENT) {
      return;
    }
    if (this.#view.buffer !== bytes.buffer) {
      this.#view = new DataView(bytes.buffer);
    }
    const [view, base] = [this.#view, bytes.byteOffset + at];
    const chunk = this.#output.chunk(RECORD_BYTES);
    if (chunk !== this.#chunk) {
      this.#chunk = chunk;
      this.#records = new Float64Array(chunk.bytes.buffer);
    }
    const record = chunk.length / 8;
    this.#records[record] = view.getInt32(base + TIME) * 2 ** 32 + view.getUint32(base + TIME + 4);
    this.#records[record + 1] = view.getFloat64(base + VALUE);
    this.#records[record + 2] = this.#eventAt(bytes, at + EVENT, end).number;
    chunk.length += RECORD_BYTES;
  }

  room(): Promise<void> | undefined {
    return this.#output.room();
  }

  /** Events mostly take turns, so that the next one is known: to compare it is much faster than to look it up. */
  #eventAt(bytes: Buffer, start: number, end: number): NumberedEvent {
    let event = this.#previous?.next;
    if (!event || !isAt(event.key, bytes, start, end)) {
      event = this.#events.get(bytes.toString('latin1', start, end));
      if (!event) {
        throw new Error(`A datapoint of event ${bytes.toString('utf8', start, end)} was not selected`);
      }
      if (this.#previous) {
        this.#previous.next = event;
      }
    }
    this.#previous = event;
    return event;
  }
}

interface NumberedEvent {
  /** The bytes of its public id. */
  key: Buffer;
  number: number;
  /** The event of the datapoint that came after one of this event last time. */
  next: NumberedEvent | undefined;
}

function isAt(key: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (end - start !== key.length) {
    return false;
  }
  for (let at = 0; at < key.length; at++) {
    if (key[at] !== bytes[start + at]) {
      return false;
    }
  }
  return true;
}
