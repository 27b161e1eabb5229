import { doubleText } from '../../database/double-text.ts';
import { isoTimestamp } from '../../entities/types.ts';
import { ConflictError } from '../../errors.ts';
import { excerpt } from '../../text/printable.ts';
import { EventIndex } from '../event-index.ts';
import type { Changes, Column, RecordEncoder, RecordRows, Shape } from '../form.ts';
import { copyQuery, type Slice } from '../query.ts';
import type { ExportRequest } from '../request.ts';
import { HeldRecord } from './held-record.ts';
import { TIME_TITLE, type TitledEvent } from './titled-events.ts';

/**
 * What to do with several datapoints of one event and timestamp, for which there is one cell: refuse them, or write the first or
 * the last, in the order of their ids, or their mean.
 */
export const WIDE_DUPLICATES = ['error', 'last', 'first', 'mean'] as const;
export type WideDuplicates = (typeof WIDE_DUPLICATES)[number];

/** One record for each timestamp, with a column for each event; empty where the event has no datapoint. */
export class Wide implements Shape {
  readonly columns: readonly Column[];
  readonly onDuplicate: WideDuplicates;
  readonly changes: Changes;
  readonly events: readonly TitledEvent[];
  readonly index: EventIndex;
  readonly #request: ExportRequest;

  constructor(
    request: ExportRequest,
    events: readonly TitledEvent[],
    { onDuplicate, changes }: { onDuplicate: WideDuplicates; changes: Changes },
  ) {
    const cells = events.map(({ title }) => ({ title, kind: 'number' as const }));
    this.columns = [{ title: TIME_TITLE, kind: 'time' }, ...cells];
    this.onDuplicate = onDuplicate;
    this.changes = changes;
    this.events = events;
    this.index = new EventIndex(events.map((event) => event.public_id));
    this.#request = request;
  }

  query(slice: Slice): string {
    return copyQuery(this.#request, slice, 'd.timestamp, d.event_public_id, d.value');
  }

  rows(encoder: RecordEncoder): RecordRows {
    return new WideRows(this, encoder);
  }
}

/** Since no slice ends within a timestamp, the last record of a slice is complete. */
class WideRows implements RecordRows {
  readonly #wide: Wide;
  readonly #encoder: RecordEncoder;
  readonly #index: EventIndex;
  readonly #record: HeldRecord;
  /** Of the columns with several values so far. */
  readonly #means = new Map<number, { sum: number; count: number }>();
  #datapoints = 0;

  constructor(wide: Wide, encoder: RecordEncoder) {
    this.#wide = wide;
    this.#encoder = encoder;
    this.#index = wide.index;
    this.#record = new HeldRecord(wide.events.length);
  }

  room(): Promise<void> | undefined {
    return this.#encoder.room();
  }

  row(bytes: Buffer, start: number, end: number): void {
    const record = this.#record;
    if (!record.isAt(bytes, start)) {
      this.end();
      record.startAt(bytes, start);
    }
    const event = start + record.timeLength + 1;
    const value = this.#index.end(bytes, event) + 1;
    const column = this.#index.find(bytes, event, value - 1);
    if (!record.has(column) || this.#replaces(column, bytes, value, end - 1)) {
      record.set(column, bytes, value, end - 1);
    }
    this.#datapoints++;
  }

  end(): void {
    if (this.#datapoints === 0) {
      return;
    }
    for (const [column, { sum, count }] of this.#means) {
      this.#record.setText(column, doubleText(sum / count));
    }
    this.#means.clear();
    this.#record.write(this.#encoder, this.#datapoints);
    this.#datapoints = 0;
  }

  /** Whether a further value of a column replaces the one before. */
  #replaces(column: number, bytes: Buffer, start: number, end: number): boolean {
    const { onDuplicate, events, changes } = this.#wide;
    changes.duplicates++;
    switch (onDuplicate) {
      case 'error':
        throw new ConflictError(
          `The event ${excerpt(events[column]?.name ?? '')} has several datapoints at ${isoTimestamp(this.#record.time)}, for which a wide export has one cell.`,
          {
            hint: 'Choose the value with --on-duplicate last, first or mean; without --wide, all of them are exported.',
          },
        );
      case 'mean': {
        const mean = this.#means.get(column) ?? { sum: this.#record.number(column), count: 1 };
        mean.sum += Number(bytes.toString('latin1', start, end));
        mean.count++;
        this.#means.set(column, mean);
        return false;
      }
      default:
        return onDuplicate === 'last';
    }
  }
}
