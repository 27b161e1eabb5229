import { uuidv7 } from '../entities/uuid.ts';
import { excerpt } from '../text/printable.ts';
import type { BadCell } from './bad-lines.ts';
import type { EventNames, NamedEvent } from './event-names.ts';
import { EventTargets, type Target } from './event-targets.ts';
import type { CellProblem } from './measurement.ts';
import { kindOfCell } from './plan/cell.ts';
import { EmptyColumns } from './plan/empty-columns.ts';
import type { CreateEvent } from './plan/mapping.ts';
import type { EventColumn, Layout, ReadingPlan } from './plan/reading-plan.ts';
import { timeText } from './plan/time-rules.ts';
import type { CellValue } from './plan/values.ts';
import type { CsvRecord } from './records.ts';
import type { Tally } from './tally.ts';
import { type Timestamp, TimestampReader, type TimestampRules } from './time/timestamp.ts';
import type { TimestampCounts } from './time/timestamp-counts.ts';

/** The columns of an encoded row, in order. */
export const COPY_COLUMNS = ['public_id', 'value', 'timestamp', 'event_public_id', 'experiment_public_id'];

const PUBLIC_ID = /^[\w.:-]{1,100}$/;

export interface EncodingOptions {
  experimentPublicId: string | undefined;
  times: TimestampRules;
  counts: TimestampCounts;
  /** Generates new public ids even where the file has some. */
  newIds: boolean;
  /** Makes an event that does not exist; without it, its rows are rejected. */
  create: CreateEvent | undefined;
  /** Counts each row. */
  tally: Tally;
  /** Sees what is read; with it, the rows have no text. */
  observer?: RowObserver | undefined;
}

/** Sees what is read of a file. */
export interface RowObserver {
  /** @param event of the row; `undefined` if it has a column per event */
  row(fields: readonly string[], timestamp: Timestamp, event: NamedEvent | undefined): void;
  /** Follows its row; not called for the empty cells of a file with a column per event. */
  cell(event: NamedEvent, value: CellValue): void;
}

type LongLayout = Layout & { kind: 'long' };

/** The rows of one record, in the text format of COPY, with the cells that are rejected; or why all of it is. */
export type Encoded = EncodedRows | BadLine;

/** Rows in the text format of COPY, without a timestamp if there are none, and the cells that are rejected. */
interface EncodedRows {
  text: string;
  rows: number;
  timestamp?: Timestamp;
  bad: readonly BadCell[];
}

/** Why a line is rejected as a whole. */
export interface BadLine extends CellProblem {
  isTime: boolean;
}

const NONE: readonly BadCell[] = [];
/** A record without a value to import. */
const NOTHING: Encoded = { text: '', rows: 0, bad: NONE };

/** Turns the fields of a record into rows of `datapoints`, according to the plan for the file. */
export class RowEncoder {
  /** How many values are missing, by the text that stands for them. */
  readonly missing = new Map<string, number>();
  /** How many numbers there are in columns that hold text in the first part of the file, by title. */
  readonly numbersInText = new Map<string, number>();
  /** How many rows belong to events that the options exclude. */
  excluded = 0;
  readonly #plan: ReadingPlan;
  readonly #options: EncodingOptions;
  readonly #timestamps: TimestampReader;
  readonly #targets: EventTargets;
  readonly #wide: { column: number; target: Target }[];
  readonly #empty: EmptyColumns | undefined;
  readonly #text: readonly { column: number; title: string }[];

  constructor(plan: ReadingPlan, names: EventNames, options: EncodingOptions) {
    this.#plan = plan;
    this.#targets = new EventTargets(plan, names, options);
    this.#options = options;
    this.#timestamps = new TimestampReader(options.times, options.counts);
    const { layout } = plan;
    this.#wide = layout.kind === 'wide' ? layout.events.map((event) => this.#targetOfColumn(event)) : [];
    this.#empty = EmptyColumns.of(plan, names, options.create, (filled) =>
      this.#wide.push(this.#targetOfColumn(filled)),
    );
    this.#text = layout.kind === 'wide' ? plan.ignored.filter(({ why }) => why === 'text') : [];
  }

  /** The columns that were empty in the first part of the file, and have become events. */
  get filled(): readonly EventColumn[] {
    return this.#empty?.filled ?? [];
  }

  /** The names of the events that would have been created for columns that have stayed empty. */
  get unfilled(): readonly string[] {
    return this.#empty?.unfilled ?? [];
  }

  /** @throws InvalidInputError if timestamps of the last rows turn out to be undecidable */
  finish(): void {
    this.#timestamps.finish();
  }

  encode({ fields, line }: CsvRecord): Encoded {
    const { layout } = this.#plan;
    if (fields.length < layout.least || (fields.length > layout.width && !this.#onlyEmptyBeyond(fields))) {
      const reason = 'wrong number of columns';
      return { reason, problem: `expected ${layout.width} columns, found ${fields.length}`, isTime: false };
    }
    return layout.kind === 'long' ? this.#encodeLong(fields, line, layout) : this.#encodeWide(fields, line);
  }

  /** Returns the text of the time of a row. */
  timeOf(fields: readonly string[]): string {
    return timeText(fields, this.#plan.layout.time);
  }

  /** Delimiters at the end of a row make empty cells. */
  #onlyEmptyBeyond(fields: readonly string[]): boolean {
    return fields.slice(this.#plan.layout.width).every((field) => field.trim() === '');
  }

  #encodeLong(fields: readonly string[], line: number, layout: LongLayout): Encoded {
    const target =
      'only' in layout.event
        ? this.#targets.ofAll(layout.event.only)
        : this.#targets.of(fields, layout.event, layout.unit);
    if (target === 'excluded') {
      this.excluded++;
      return NOTHING;
    }
    if ('problem' in target) {
      return { ...target, isTime: false };
    }
    const timestamp = this.#timestamps.read(this.timeOf(fields), line, target.event.publicId);
    if (timestamp === 'skip') {
      return NOTHING;
    }
    if ('problem' in timestamp) {
      return badTime(timestamp.problem);
    }
    const value = target.values.read(fields[layout.value] ?? '');
    const { observer } = this.#options;
    observer?.row(fields, timestamp, target.event);
    observer?.cell(target.event, value);
    if ('problem' in value) {
      return { ...value, isTime: false };
    }
    if ('missing' in value) {
      this.#countMissing(value.missing);
      return NOTHING;
    }
    const { datapointPublicId: column } = layout;
    const given = column === undefined || this.#options.newIds ? '' : (fields[column] ?? '').trim();
    if (given !== '' && !PUBLIC_ID.test(given)) {
      const reason = 'not a valid public id';
      return { reason, problem: `${excerpt(given)} is ${reason}`, isTime: false };
    }
    return { text: this.#row(given, value.text, timestamp, target), rows: 1, timestamp, bad: NONE };
  }

  #encodeWide(fields: readonly string[], line: number): Encoded {
    const timestamp = this.#timestamps.read(this.timeOf(fields), line);
    if (timestamp === 'skip') {
      return NOTHING;
    }
    if ('problem' in timestamp) {
      return badTime(timestamp.problem);
    }
    const { observer } = this.#options;
    observer?.row(fields, timestamp, undefined);
    let text = '';
    let rows = 0;
    let bad = this.#empty?.read(fields);
    for (const { column, target } of this.#wide) {
      const cell = fields[column] ?? '';
      // The usual form of a missing value in a wide file.
      if (cell !== '') {
        const value = target.values.read(cell);
        observer?.cell(target.event, value);
        if ('text' in value) {
          text += this.#row('', value.text, timestamp, target);
          rows++;
        } else if ('missing' in value) {
          this.#countMissing(value.missing);
        } else {
          bad = [...(bad ?? []), { ...value, column }];
        }
      }
    }
    for (const { column, title } of this.#text) {
      if (kindOfCell(fields[column] ?? '') === 'number') {
        this.numbersInText.set(title, (this.numbersInText.get(title) ?? 0) + 1);
      }
    }
    return { text, rows, timestamp, bad: bad ?? NONE };
  }

  #targetOfColumn({ column, event }: EventColumn): { column: number; target: Target } {
    const { text, name } = this.#plan.titles[column] ?? {};
    return { column, target: this.#targets.make(event, text, name) };
  }

  #countMissing(text: string): void {
    this.missing.set(text, (this.missing.get(text) ?? 0) + 1);
  }

  /** @param publicId that of the file; empty if a new one is to be generated */
  #row(publicId: string, value: string, timestamp: Timestamp, { event, end }: Target): string {
    this.#options.tally.addValue(event, timestamp, value, publicId !== '');
    // Rows that are only looked at need no text.
    return this.#options.observer ? '' : `${publicId || uuidv7()}\t${value}\t${timestamp.text}${end}`;
  }
}

function badTime(problem: string): BadLine {
  return { reason: 'not a valid time', problem, isTime: true };
}
