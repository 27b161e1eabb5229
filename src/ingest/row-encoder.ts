import { escapeCopyText } from '../database/copy-escape.ts';
import { uuidv7 } from '../entities/uuid.ts';
import { excerpt } from '../text/printable.ts';
import { type CsvLayout, describeUnknownEvent, type EventColumn } from './csv-layout.ts';
import type { EventNames, NamedEvent } from './event-names.ts';
import { readMeasurement } from './measurement.ts';
import type { CsvRecord } from './records.ts';
import { type Timestamp, TimestampReader, type TimestampRules } from './time/timestamp.ts';
import type { TimestampCounts } from './time/timestamp-counts.ts';

/** The columns of an encoded row, in order. */
export const COPY_COLUMNS = ['public_id', 'value', 'timestamp', 'event_public_id', 'experiment_public_id'];

const PUBLIC_ID = /^[\w.:-]{1,100}$/;

export interface EncodingOptions {
  experimentPublicId: string | undefined;
  decimal: '.' | ',';
  times: TimestampRules;
  counts: TimestampCounts;
  /** Generates new public ids even where the file has some. */
  newIds: boolean;
  /** Collects the public ids of the events of all rows. */
  seen: Set<string>;
}

type LongLayout = CsvLayout & { kind: 'long' };

/** The rows of one record, in the text format of COPY, without a timestamp if it is left out; or why it is rejected. */
export type Encoded = { text: string; rows: number; timestamp?: Timestamp } | { problem: string };

/** A row at a time that the clocks skip. */
const LEFT_OUT = { text: '', rows: 0 };

/** Turns the fields of a record into rows of `datapoints`, according to the layout of the file. */
export class RowEncoder {
  readonly #layout: CsvLayout;
  readonly #names: EventNames;
  readonly #options: EncodingOptions;
  readonly #timestamps: TimestampReader;
  readonly #lineEnd: string;

  constructor(layout: CsvLayout, names: EventNames, options: EncodingOptions) {
    this.#layout = layout;
    this.#names = names;
    this.#options = options;
    this.#timestamps = new TimestampReader(options.times, options.counts);
    const experiment = options.experimentPublicId;
    this.#lineEnd = `\t${experiment === undefined ? '\\N' : escapeCopyText(experiment)}\n`;
  }

  /** @throws InvalidInputError if timestamps of the last rows turn out to be undecidable */
  finish(): void {
    this.#timestamps.finish();
  }

  encode(record: CsvRecord): Encoded {
    const layout = this.#layout;
    if (record.fields.length !== layout.width) {
      return { problem: `expected ${layout.width} columns, found ${record.fields.length}` };
    }
    return layout.kind === 'long' ? this.#encodeLong(record, layout) : this.#encodeWide(record, layout.events);
  }

  #encodeLong({ fields, line }: CsvRecord, layout: LongLayout): Encoded {
    const event = this.#findEvent(fields, layout.event);
    if ('problem' in event) {
      return event;
    }
    const timestamp = this.#timestamps.read(fields[layout.timestamp] ?? '', line, event.publicId);
    if (timestamp === 'skip') {
      return LEFT_OUT;
    }
    if ('problem' in timestamp) {
      return timestamp;
    }
    const value = readMeasurement(fields[layout.value] ?? '', this.#options.decimal);
    if ('problem' in value) {
      return value;
    }
    const { datapointPublicId: column } = layout;
    const given = column === undefined || this.#options.newIds ? '' : (fields[column] ?? '').trim();
    if (given !== '' && !PUBLIC_ID.test(given)) {
      return { problem: `${excerpt(given)} is not a valid public id` };
    }
    return { text: this.#row(given || uuidv7(), value.text, timestamp.text, event), rows: 1, timestamp };
  }

  #encodeWide({ fields, line }: CsvRecord, events: readonly EventColumn[]): Encoded {
    const timestamp = this.#timestamps.read(fields[this.#layout.timestamp] ?? '', line);
    if (timestamp === 'skip') {
      return LEFT_OUT;
    }
    if ('problem' in timestamp) {
      return timestamp;
    }
    let text = '';
    let rows = 0;
    for (const { column, event } of events) {
      const cell = fields[column] ?? '';
      if (cell.trim() !== '') {
        const value = readMeasurement(cell, this.#options.decimal);
        if ('problem' in value) {
          return { problem: `${value.problem}, in column ${excerpt(event.name)}` };
        }
        text += this.#row(uuidv7(), value.text, timestamp.text, event);
        rows++;
      }
    }
    return { text, rows, timestamp };
  }

  #findEvent(fields: readonly string[], event: LongLayout['event']): NamedEvent | { problem: string } {
    if ('only' in event) {
      return event.only;
    }
    const publicId = event.publicId === undefined ? '' : (fields[event.publicId] ?? '');
    const name = event.name === undefined ? '' : (fields[event.name] ?? '');
    const found = this.#names.byPublicId(publicId) ?? this.#names.find(name);
    const given = name === '' ? publicId : name;
    return (
      found ?? {
        problem: given === '' ? 'the event is missing' : `no event ${describeUnknownEvent(given, this.#names)}`,
      }
    );
  }

  #row(publicId: string, value: string, timestamp: string, event: NamedEvent): string {
    this.#options.seen.add(event.publicId);
    return `${publicId}\t${value}\t${timestamp}\t${escapeCopyText(event.publicId)}${this.#lineEnd}`;
  }
}
