import type { ClientBase } from 'pg';
import { copyRows, type RowSink } from '../database/copy-out.ts';
import type { EventFold } from './event-fold.ts';

/** The columns of `datapoints d` that are folded: those of a fixed length first. */
const COLUMNS = 'd.timestamp, d.value, d.event_public_id';
/** What precedes the first row. */
const HEADER_BYTES = 19;
const FIRST_LETTER = 'P'.charCodeAt(0);
/** Within a row: a count of columns, and a length before each of them. */
const TIME = 6;
const VALUE = TIME + 12;
const EVENT = VALUE + 12;

/**
 * Reads datapoints in one pass and in the order in which the server has them, which mostly is that of time, and folds those of
 * each event; sorting them would take half as long again. In constant memory on both sides.
 * @param condition SQL, see `selection`
 * @param order SQL
 * @param folds of all events that have such datapoints, by public id
 * @param onRows called after each part read, with the number of datapoints in it
 */
export async function foldDatapoints(
  client: ClientBase,
  { condition, order = '' }: { condition: string; order?: string },
  folds: ReadonlyMap<string, EventFold>,
  onRows: (rows: number) => void = () => {},
): Promise<void> {
  const query = `select ${COLUMNS} from datapoints d where ${condition} ${order}`;
  await copyRows(client, `copy (${query}) to stdout (format binary)`, new FoldSink(folds, onRows));
  for (const fold of folds.values()) {
    fold.end();
  }
}

/** @see https://www.postgresql.org/docs/17/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY-FORMAT */
class FoldSink implements RowSink {
  readonly #events: ReadonlyMap<string, Folded>;
  readonly #onRows: (rows: number) => void;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #previous: Folded | undefined;
  #rows = 0;

  constructor(folds: ReadonlyMap<string, EventFold>, onRows: (rows: number) => void) {
    const events = [...folds].map(([publicId, fold]) => ({ key: Buffer.from(publicId), fold, next: undefined }));
    this.#events = new Map(events.map((event) => [event.key.toString('latin1'), event]));
    this.#onRows = onRows;
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
    const time = view.getInt32(base + TIME) * 2 ** 32 + view.getUint32(base + TIME + 4);
    this.#eventAt(bytes, at + EVENT, end).fold.add(time, view.getFloat64(base + VALUE));
    this.#rows += 1;
  }

  room(): undefined {
    this.#onRows(this.#rows);
    this.#rows = 0;
  }

  /** Events mostly take turns, so that the next one is known: to compare it is much faster than to look it up. */
  #eventAt(bytes: Buffer, start: number, end: number): Folded {
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

interface Folded {
  /** The bytes of its public id. */
  key: Buffer;
  fold: EventFold;
  /** The event of the datapoint that came after one of this event last time. */
  next: Folded | undefined;
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
