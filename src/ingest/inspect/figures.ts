import type { NamedEvent } from '../event-names.ts';
import type { ReadingPlan } from '../plan/reading-plan.ts';
import { timeText } from '../plan/time-rules.ts';
import type { CellValue } from '../plan/values.ts';
import type { RowObserver } from '../row-encoder.ts';
import type { Timestamp } from '../time/timestamp.ts';
import { Steps } from './steps.ts';
import { type CellCounts, countCell, countValue, noCells } from './value-figures.ts';

/** A time, as it is in the file. */
export interface FileTime extends Timestamp {
  given: string;
}

/** Counts what the rows of a file hold. */
export class Figures implements RowObserver {
  rows = 0;
  first: FileTime | undefined;
  last: FileTime | undefined;
  readonly steps = new Steps();
  /** By event, in the order of the file, with the name of the event in it. */
  readonly events = new Map<NamedEvent, CellCounts & { name: string }>();
  /** By column, of those that are not imported. */
  readonly cells: ReadonlyMap<number, CellCounts>;
  readonly #others: readonly (readonly [number, CellCounts])[];
  readonly #time: readonly number[];
  readonly #name: number | undefined;
  #fields: readonly string[] = [];

  constructor({ layout, ignored, titles }: ReadingPlan) {
    this.#time = layout.time;
    this.#others = ignored.map(({ column }) => [column, noCells()] as const);
    this.cells = new Map(this.#others);
    if (layout.kind === 'wide') {
      for (const { column, event } of layout.events) {
        this.events.set(event, { name: titles[column]?.text ?? '', ...noCells() });
      }
      this.#name = undefined;
    } else {
      this.#name = 'only' in layout.event ? undefined : (layout.event.name ?? layout.event.publicId);
    }
  }

  row(fields: readonly string[], timestamp: Timestamp, event: NamedEvent | undefined): void {
    this.rows++;
    this.#fields = fields;
    const { microseconds } = timestamp;
    this.steps.add(microseconds, event?.publicId ?? '');
    if (!this.first || microseconds < this.first.microseconds) {
      this.first = { ...timestamp, given: timeText(fields, this.#time) };
    }
    if (!this.last || microseconds >= this.last.microseconds) {
      this.last = { ...timestamp, given: timeText(fields, this.#time) };
    }
    for (const [column, counts] of this.#others) {
      countCell(counts, fields[column] ?? '');
    }
  }

  cell(event: NamedEvent, value: CellValue): void {
    let counts = this.events.get(event);
    if (!counts) {
      const name = this.#name === undefined ? event.name : (this.#fields[this.#name] ?? '').trim();
      counts = { name, ...noCells() };
      this.events.set(event, counts);
    }
    countValue(counts, value);
  }
}
