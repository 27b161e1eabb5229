import { fieldEnd } from '../../database/copy-escape.ts';
import { EventIndex } from '../event-index.ts';
import type { Column, Encoding, RecordEncoder, RecordRows, Shape } from '../form.ts';
import { copyQuery, type Slice } from '../query.ts';
import type { EventRow, ExperimentRow, ExportRequest } from '../request.ts';

const BACKSLASH = 0x5c;
const LETTER_N = 0x4e;

const COLUMNS: readonly Column[] = [
  { title: 'timestamp', kind: 'time' },
  { title: 'event_name', kind: 'text' },
  { title: 'event_public_id', kind: 'text' },
  { title: 'value', kind: 'number' },
  { title: 'unit', kind: 'text' },
];
const ID: Column = { title: 'datapoint_public_id', kind: 'id' };
/** Last, and in an archive only: datapoints of the same time are in its order. */
const KEY: Column = { title: 'datapoint_id', kind: 'key' };

/** Follow where datapoints may belong to different experiments; empty for those of none. */
const EXPERIMENT_COLUMNS: readonly Column[] = [
  { title: 'experiment_name', kind: 'text' },
  { title: 'experiment_public_id', kind: 'text' },
];

interface LongOptions {
  encoding: Encoding;
  hasIds: boolean;
  isArchived: boolean;
}

/** One record for each datapoint, ordered by (timestamp, id); in an archive by event first. */
export class Long implements Shape {
  readonly columns: readonly Column[];
  readonly #request: ExportRequest;
  readonly #hasIds: boolean;
  readonly #isArchived: boolean;
  readonly #index: EventIndex;
  /** The encoded cells of each event. */
  readonly #cells: EventCells[];
  readonly #experiments: Experiments | undefined;

  /** @param experiments those that the datapoints may belong to, if that is to be written */
  constructor(
    request: ExportRequest,
    events: readonly EventRow[],
    experiments: readonly ExperimentRow[] | undefined,
    { encoding, hasIds, isArchived }: LongOptions,
  ) {
    const [id, key] = [hasIds ? [ID] : [], isArchived ? [KEY] : []];
    const columns = COLUMNS.map((column) => ({ ...column, steady: isArchived }));
    this.columns = [...columns, ...id, ...(experiments ? EXPERIMENT_COLUMNS : []), ...key];
    this.#hasIds = hasIds;
    this.#isArchived = isArchived;
    this.#experiments = experiments && new Experiments(experiments, encoding);
    this.#request = request;
    this.#index = new EventIndex(events.map((event) => event.public_id));
    this.#cells = events.map((event) => {
      const cells = [event.name, event.public_id, event.unit].map((text) => encoding.cell(text));
      const [name = EMPTY, publicId = EMPTY, unit = EMPTY] = cells;
      return { name, publicId, unit, bytes: name.length + publicId.length + unit.length };
    });
  }

  query(slice: Slice): string {
    const id = this.#hasIds ? ', d.public_id' : '';
    const experiment = this.#experiments ? ', d.experiment_public_id' : '';
    const key = this.#isArchived ? ', d.id' : '';
    const columns = `d.timestamp, d.event_public_id, d.value${id}${experiment}${key}`;
    return copyQuery(this.#request, slice, columns, this.#isArchived);
  }

  rows(encoder: RecordEncoder): RecordRows {
    const [hasIds, hasKey, experiments] = [this.#hasIds, this.#isArchived, this.#experiments];
    return new LongRows(encoder, this.#index, this.#cells, { hasIds, hasKey, experiments });
  }
}

const EMPTY = Buffer.alloc(0);

interface EventCells {
  name: Buffer;
  publicId: Buffer;
  unit: Buffer;
  bytes: number;
}

/** The encoded cells of the experiments, found by their public_id in a row. */
class Experiments {
  readonly #index: EventIndex;
  readonly #cells: Buffer[][];
  /** The largest number of bytes of the cells of one. */
  readonly bytes: number;

  constructor(experiments: readonly ExperimentRow[], encoding: Encoding) {
    this.#index = new EventIndex(experiments.map((experiment) => experiment.public_id));
    this.#cells = experiments.map(({ name, public_id }) => [name, public_id].map((text) => encoding.cell(text)));
    this.bytes = this.#cells.reduce((most, cells) => Math.max(most, Buffer.concat(cells).length), 0);
  }

  write(encoder: RecordEncoder, bytes: Buffer, start: number, end: number): void {
    if (bytes[start] === BACKSLASH && bytes[start + 1] === LETTER_N) {
      encoder.empty();
      encoder.empty();
      return;
    }
    for (const cell of this.#cells[this.#index.find(bytes, start, end)] ?? []) {
      encoder.cell(cell);
    }
  }
}

class LongRows implements RecordRows {
  readonly #encoder: RecordEncoder;
  readonly #index: EventIndex;
  readonly #cells: readonly EventCells[];
  readonly #hasIds: boolean;
  readonly #hasKey: boolean;
  readonly #experiments: Experiments | undefined;

  constructor(
    encoder: RecordEncoder,
    index: EventIndex,
    cells: readonly EventCells[],
    { hasIds, hasKey, experiments }: { hasIds: boolean; hasKey: boolean; experiments: Experiments | undefined },
  ) {
    this.#hasIds = hasIds;
    this.#hasKey = hasKey;
    this.#experiments = experiments;
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
    const publicId = this.#hasIds ? fieldEnd(bytes, value) + 1 : undefined;
    const cells = this.#cells[this.#index.find(bytes, event, value - 1)];
    if (cells === undefined) {
      return;
    }
    const encoder = this.#encoder;
    const experiments = this.#experiments;
    const experiment = experiments && fieldEnd(bytes, publicId ?? value) + 1;
    encoder.begin(end - start + cells.bytes + (experiments?.bytes ?? 0));
    encoder.time(bytes, time, event - 1);
    encoder.cell(cells.name);
    encoder.cell(cells.publicId);
    encoder.number(bytes, value, (publicId ?? experiment ?? end) - 1);
    encoder.cell(cells.unit);
    if (publicId !== undefined) {
      encoder.text(bytes, publicId, (experiment ?? end) - 1);
    }
    if (experiment !== undefined) {
      const key = this.#hasKey ? fieldEnd(bytes, experiment) + 1 : end;
      experiments?.write(encoder, bytes, experiment, key - 1);
      if (this.#hasKey) {
        encoder.number(bytes, key, end - 1);
      }
    }
    encoder.end(1);
  }

  end(): void {}
}
