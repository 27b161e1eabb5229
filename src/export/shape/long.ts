import { fieldEnd } from '../../database/copy-escape.ts';
import { EventIndex } from '../event-index.ts';
import type { Column, Encoding, RecordEncoder, RecordRows, Shape } from '../form.ts';
import { copyQuery, type Slice } from '../query.ts';
import type { EventRow, ExportRequest } from '../request.ts';

const COLUMNS: readonly Column[] = [
  { title: 'timestamp', kind: 'time' },
  { title: 'event_name', kind: 'text' },
  { title: 'event_public_id', kind: 'text' },
  { title: 'value', kind: 'number' },
  { title: 'unit', kind: 'text' },
  { title: 'datapoint_public_id', kind: 'text' },
];

/** One record for each datapoint, ordered by (timestamp, id). */
export class Long implements Shape {
  readonly columns = COLUMNS;
  readonly #request: ExportRequest;
  readonly #index: EventIndex;
  /** The encoded cells of each event. */
  readonly #cells: EventCells[];

  constructor(request: ExportRequest, events: readonly EventRow[], encoding: Encoding) {
    this.#request = request;
    this.#index = new EventIndex(events.map((event) => event.public_id));
    this.#cells = events.map((event) => {
      const cells = [event.name, event.public_id, event.unit].map((text) => encoding.cell(text));
      const [name = EMPTY, publicId = EMPTY, unit = EMPTY] = cells;
      return { name, publicId, unit, bytes: name.length + publicId.length + unit.length };
    });
  }

  query(slice: Slice): string {
    return copyQuery(this.#request, slice, 'd.timestamp, d.event_public_id, d.value, d.public_id');
  }

  rows(encoder: RecordEncoder): RecordRows {
    return new LongRows(encoder, this.#index, this.#cells);
  }
}

const EMPTY = Buffer.alloc(0);

interface EventCells {
  name: Buffer;
  publicId: Buffer;
  unit: Buffer;
  bytes: number;
}

class LongRows implements RecordRows {
  readonly #encoder: RecordEncoder;
  readonly #index: EventIndex;
  readonly #cells: readonly EventCells[];

  constructor(encoder: RecordEncoder, index: EventIndex, cells: readonly EventCells[]) {
    this.#encoder = encoder;
    this.#index = index;
    this.#cells = cells;
  }

  room(): Promise<void> | undefined {
    return this.#encoder.room();
  }

  row(bytes: Buffer, start: number, end: number): void {
    const time = start;
    const event = fieldEnd(bytes, time) + 1;
    const value = this.#index.end(bytes, event) + 1;
    const publicId = fieldEnd(bytes, value) + 1;
    const cells = this.#cells[this.#index.find(bytes, event, value - 1)];
    if (cells === undefined) {
      return;
    }
    const encoder = this.#encoder;
    encoder.begin(end - start + cells.bytes);
    encoder.time(bytes, time, event - 1);
    encoder.cell(cells.name);
    encoder.cell(cells.publicId);
    encoder.number(bytes, value, publicId - 1);
    encoder.cell(cells.unit);
    encoder.text(bytes, publicId, end - 1);
    encoder.end(1);
  }

  end(): void {}
}
