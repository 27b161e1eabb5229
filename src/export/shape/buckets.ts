import { besideHours, HOURS, type Hours } from '../../database/hours.ts';
import { eventTitle } from '../../text/event-title.ts';
import type { TimeZone } from '../../text/time-zone.ts';
import type { BucketGrid } from '../bucket-grid.ts';
import { EventIndex } from '../event-index.ts';
import type { Extent } from '../extent.ts';
import type { Changes, Column, Encoding, RecordEncoder, RecordRows, Shape } from '../form.ts';
import { type Slice, sliceSelection } from '../query.ts';
import type { ExportRequest } from '../request.ts';
import { type Aggregate, aggregateOfHours, aggregateSql } from './aggregates.ts';
import { Bucket, longBuckets, type WriteBucket, wideBuckets } from './bucket.ts';
import { BucketRows } from './bucket-rows.ts';
import { FilledBuckets, writtenBuckets } from './bucket-sinks.ts';
import { type BucketRange, type Fill, type FilledBy, Filling, LinearFilling, PreviousFilling } from './filling.ts';
import { type HeaderStyle, TIME_TITLE, type TitledEvent } from './titled-events.ts';

export interface BucketOptions {
  grid: BucketGrid;
  events: readonly TitledEvent[];
  aggregates: readonly Aggregate[];
  wide: boolean;
  headerStyle: HeaderStyle;
  /** The number of values that a bucket of an event needs. */
  minCount: number;
  fill: Fill;
  /** The first and the last bucket of each event, if buckets are filled. */
  ranges: readonly (BucketRange | undefined)[];
  /** Of the times in the file. */
  zone: TimeZone;
  /** Those that are read instead of their datapoints. */
  hours: readonly Hours[];
}

/** Bounds the buckets that wait for the end of a gap. */
const HELD_BYTES = 64 * 1024 * 1024;

const LONG_COLUMNS: readonly Column[] = [
  { title: TIME_TITLE, kind: 'time' },
  { title: 'event_name', kind: 'text' },
  { title: 'event_public_id', kind: 'text' },
  { title: 'unit', kind: 'text' },
];

/**
 * Aggregates of the values of each event in buckets of time: one record for a bucket and an event, or for a bucket with columns for
 * each event. NaN is no value, infinity is one.
 */
export class Buckets implements Shape {
  readonly columns: readonly Column[];
  readonly inSequence: boolean;
  readonly #request: ExportRequest;
  readonly #options: BucketOptions;
  readonly #index: EventIndex;
  readonly #encoding: Encoding;
  readonly #changes: Changes;

  constructor(
    request: ExportRequest,
    options: BucketOptions,
    { encoding, changes }: { encoding: Encoding; changes: Changes },
  ) {
    const { events, aggregates, wide, fill } = options;
    this.columns = wide ? wideColumns(options) : [...LONG_COLUMNS, ...aggregates.map(numberColumn)];
    this.inSequence = fill !== 'none';
    this.#request = request;
    this.#options = options;
    this.#index = new EventIndex(events.map((event) => event.public_id));
    this.#encoding = encoding;
    this.#changes = changes;
  }

  query(slice: Slice): string {
    const { grid } = this.#options;
    const hours = this.#options.hours.flatMap((range) => grid.ofHours(within(range, slice)));
    const parts = [
      ...hours.map((range) => this.#ofHours(range)),
      ...besideHours(hours, slice).map((range) => this.#ofDatapoints(range)),
    ];
    return `copy (${parts.length > 1 ? `(${parts.join(') union all (')}) order by 1` : `${parts[0]} order by bucket`}) to stdout`;
  }

  /** Sorts the datapoints of a slice only for the sake of the index: the planner would otherwise scan the whole table for each slice. */
  #ofDatapoints(slice: Slice): string {
    const isWhole = slice.from === undefined && slice.to === undefined;
    const aggregates = this.#options.aggregates.map(aggregateSql);
    return `
      select extract(epoch from bucket)::bigint, event_public_id, count(*), count(value), ${aggregates.join(', ')}
      from (
        select ${this.#options.grid.sql(slice)} as bucket, d.event_public_id, d.timestamp, d.id, nullif(d.value, 'NaN') as value
        from datapoints d
        where ${sliceSelection(this.#request, slice)}
        ${isWhole ? '' : 'order by d.timestamp'}
      ) as d
      group by bucket, event_public_id`;
  }

  #ofHours(range: Hours): string {
    const { from: _from, to: _to, ...others } = this.#request;
    return `
      select extract(epoch from bucket)::bigint, event_public_id, sum(count), sum(count - nan), ${this.#options.aggregates.map(aggregateOfHours).join(', ')}
      from (select ${this.#options.grid.sql(range)} as bucket, d.* from ${HOURS} as d where ${sliceSelection(others, range)}) as d
      group by bucket, event_public_id`;
  }

  cut(at: bigint): bigint {
    return this.#options.grid.cut(at);
  }

  rowsRead({ first = 0n, last = 0n, rows }: Extent): number {
    const inRange = this.#options.hours.map((range) => within(range, { from: first, to: last }));
    const micros = inRange.reduce((sum, { from, to }) => sum + Math.max(0, Number(to - from)), 0);
    return rows * (1 - micros / Math.max(1, Number(last - first))) + (micros / 3.6e9) * this.#options.events.length;
  }

  rows(encoder: RecordEncoder): RecordRows {
    const { events, aggregates, wide, zone, minCount, fill } = this.#options;
    const columns = aggregates.length;
    const write = wide
      ? wideBuckets(encoder, events.length * columns, aggregates, zone)
      : longBuckets(encoder, events, aggregates, zone, this.#encoding);
    const create = () => new Bucket(events.length, columns);
    const sink =
      fill === 'none' ? writtenBuckets(create(), write, encoder) : this.#filled(fill, create, write, encoder);
    return new BucketRows({ index: this.#index, aggregates: columns, minCount, changes: this.#changes }, sink);
  }

  #filled(fill: FilledBy, create: () => Bucket, write: WriteBucket, encoder: RecordEncoder): FilledBuckets {
    const { grid, ranges, aggregates } = this.#options;
    const held = new Map<number, Bucket>();
    const maxHeld = Math.ceil(HELD_BYTES / Bucket.bytesFor(ranges.length, aggregates.length));
    const fillings: Record<FilledBy, () => Filling> = {
      null: () => new Filling(ranges, aggregates),
      previous: () => new PreviousFilling(ranges, aggregates),
      linear: () =>
        new LinearFilling(ranges, aggregates, {
          ...{ held, maxHeld, onLongGap: () => this.#changes.longGaps++ },
          onNoLine: () => this.#changes.unfilledCells++,
        }),
    };
    const known = ranges.filter((range) => range !== undefined);
    const first = known.reduce((least, range) => Math.min(least, range.first), Number.POSITIVE_INFINITY);
    const last = known.reduce((most, range) => Math.max(most, range.last), Number.NEGATIVE_INFINITY);
    const filling = fillings[fill]();
    return new FilledBuckets({ grid, filling, held, range: { first, last }, create, write, encoder });
  }
}

function within({ from, to }: Hours, slice: Slice): Hours {
  return {
    from: slice.from !== undefined && slice.from > from ? slice.from : from,
    to: slice.to !== undefined && slice.to < to ? slice.to : to,
  };
}

function wideColumns({ events, aggregates, headerStyle }: BucketOptions): Column[] {
  const titles = events.flatMap((event) => aggregates.map((aggregate) => titleOf(event, aggregate, headerStyle)));
  return [{ title: TIME_TITLE, kind: 'time' }, ...titles.map(numberColumn)];
}

/** `Bed temperature mean [°C]`; a count has no unit. */
function titleOf(event: TitledEvent, aggregate: Aggregate, style: HeaderStyle): string {
  const isById = event.title === event.public_id;
  const name = `${isById ? event.public_id : event.name} ${aggregate}`;
  return isById || style === 'name' || aggregate === 'count' ? name : eventTitle({ name, unit: event.unit });
}

function numberColumn(title: string): Column {
  return { title, kind: 'number' };
}
