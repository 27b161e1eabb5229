import { escapeCopyText } from '../database/copy-escape.ts';
import { uuidv7 } from '../entities/uuid.ts';
import { excerpt } from '../text/printable.ts';
import { type CsvLayout, describeUnknownEvent, type EventColumn } from './csv-layout.ts';
import type { EventNames, NamedEvent } from './event-names.ts';
import { readMeasurement } from './measurement.ts';
import { type Timestamp, TimestampReader } from './time/timestamp.ts';

/** The columns of an encoded row, in order. */
export const COPY_COLUMNS = ['public_id', 'value', 'timestamp', 'event_public_id', 'experiment_public_id'];

const PUBLIC_ID = /^[\w.:-]{1,100}$/;

export interface EncodingOptions {
  experimentPublicId: string | undefined;
  decimal: '.' | ',';
  /** Whether timestamps without an offset are rejected, because no time zone was given. */
  needsOffset: boolean;
  /** Generates new public ids even where the file has some. */
  newIds: boolean;
  /** Collects the public ids of the events of all rows. */
  seen: Set<string>;
}

type LongLayout = CsvLayout & { kind: 'long' };

/** The rows of one record, in the text format of COPY, or why it is rejected. */
export type Encoded = { text: string; rows: number; timestamp: Timestamp } | { problem: string };

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
    this.#timestamps = new TimestampReader(options);
    const experiment = options.experimentPublicId;
    this.#lineEnd = `\t${experiment === undefined ? '\\N' : escapeCopyText(experiment)}\n`;
  }

  encode(fields: readonly string[]): Encoded {
    const layout = this.#layout;
    if (fields.length !== layout.width) {
      return { problem: `expected ${layout.width} columns, found ${fields.length}` };
    }
    const timestamp = this.#timestamps.read(fields[layout.timestamp] ?? '');
    if (typeof timestamp === 'string') {
      return { problem: timestamp };
    }
    return layout.kind === 'long'
      ? this.#encodeLong(fields, layout, timestamp)
      : this.#encodeWide(fields, layout.events, timestamp);
  }

  #encodeLong(fields: readonly string[], layout: LongLayout, timestamp: Timestamp): Encoded {
    const event = this.#findEvent(fields, layout.event);
    if ('problem' in event) {
      return event;
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

  #encodeWide(fields: readonly string[], events: readonly EventColumn[], timestamp: Timestamp): Encoded {
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
