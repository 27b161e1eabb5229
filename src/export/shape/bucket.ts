import type { TimeZone } from '../../text/time-zone.ts';
import type { Encoding, RecordEncoder } from '../form.ts';
import type { EventRow } from '../request.ts';
import { serverTimes } from '../server-time.ts';
import type { Aggregate } from './aggregates.ts';
import { HeldCells } from './held-cells.ts';

/** The aggregates of each event in one bucket. */
export class Bucket {
  /** In seconds since 1970. */
  start = Number.NaN;
  /** Those of the first event, then those of the second one, and so on. */
  readonly cells: HeldCells;
  /** Which events have a row, that is values, or what replaces them. */
  readonly hasRow: Uint8Array;
  /** The datapoints of each event. */
  readonly datapoints: Float64Array;

  constructor(events: number, aggregates: number) {
    this.cells = new HeldCells(events * aggregates);
    this.hasRow = new Uint8Array(events);
    this.datapoints = new Float64Array(events);
  }

  /** Returns about how much memory a bucket takes. */
  static bytesFor(events: number, aggregates: number): number {
    return 1000 + events * (HeldCells.bytesPerCell * aggregates + 9);
  }

  clear(): void {
    this.cells.clear();
    this.hasRow.fill(0);
    this.datapoints.fill(0);
  }
}

/** Writes the records of a bucket. */
export type WriteBucket = (bucket: Bucket) => void;

/** Writes a record for each event. */
export function longBuckets(
  encoder: RecordEncoder,
  events: readonly EventRow[],
  aggregates: readonly Aggregate[],
  zone: TimeZone,
  encoding: Encoding,
): WriteBucket {
  const texts = events.map(({ name, public_id, unit }) => [name, public_id, unit].map((text) => encoding.cell(text)));
  const sizes = texts.map((cells) => cells.reduce((size, { length }) => size + length, 0));
  const [timeOf, isCount] = [serverTimes(zone), countsIn(aggregates)];
  return ({ start, cells, hasRow, datapoints }) => {
    const time = Buffer.from(timeOf(start));
    for (const [at, ofEvent] of texts.entries()) {
      if (hasRow[at] === 1) {
        const [from, to] = [at * aggregates.length, (at + 1) * aggregates.length];
        encoder.begin(time.length + (sizes[at] ?? 0) + cells.size(from, to));
        encoder.time(time, 0, time.length);
        for (const cell of ofEvent) {
          encoder.cell(cell);
        }
        cells.writeCells(encoder, from, to, isCount);
        encoder.end(datapoints[at] ?? 0);
      }
    }
  };
}

/** Writes one record, with the aggregates of all events. */
export function wideBuckets(
  encoder: RecordEncoder,
  columns: number,
  aggregates: readonly Aggregate[],
  zone: TimeZone,
): WriteBucket {
  const [timeOf, isCount] = [serverTimes(zone), countsIn(aggregates)];
  return ({ start, cells, datapoints }) => {
    const time = Buffer.from(timeOf(start));
    encoder.begin(time.length + cells.size(0, columns));
    encoder.time(time, 0, time.length);
    cells.writeCells(encoder, 0, columns, isCount);
    encoder.end(datapoints.reduce((sum, count) => sum + count, 0));
  };
}

/** Returns which cells of a bucket are counts. */
function countsIn(aggregates: readonly Aggregate[]): (column: number) => boolean {
  return (column) => aggregates[column % aggregates.length] === 'count';
}
