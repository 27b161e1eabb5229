import { InvalidInputError } from '../errors.ts';
import { closest } from '../text/edit-distance.ts';
import type { Extent } from './extent.ts';
import type { Column, RecordEncoder, Shape } from './form.ts';

const MAX_LISTED = 20;
const EMPTY = Buffer.alloc(0);

/**
 * Returns a shape with some of the columns of another, in the order of their titles.
 * @throws InvalidInputError for a title that no column has, or that is named twice
 */
export function chosenColumns(shape: Shape, titles: readonly string[]): Shape {
  const order = titles.map((title) => positionOf(title, shape.columns));
  const twice = titles.find((title, at) => titles.indexOf(title) < at);
  if (twice !== undefined) {
    throw new InvalidInputError(`Column "${twice}" is named twice.`, { hint: 'Name each column of the file once.' });
  }
  const columns = titles.flatMap((title) => shape.columns.find((column) => column.title === title) ?? []);
  const { inSequence, cut, rowsRead } = shape;
  return {
    columns,
    query: (slice) => shape.query(slice),
    rows: (encoder) => shape.rows(new ChosenEncoder(encoder, shape.columns.length, order)),
    ...(inSequence && { inSequence }),
    ...(cut && { cut: (at: bigint) => cut.call(shape, at) }),
    ...(rowsRead && { rowsRead: (extent: Extent) => rowsRead.call(shape, extent) }),
  };
}

function positionOf(title: string, columns: readonly Column[]): number {
  const position = columns.findIndex((column) => column.title === title);
  if (position < 0) {
    const titles = columns.map((column) => column.title);
    const nearest = closest(title, titles, Math.max(2, title.length / 3));
    const proposal = nearest === undefined ? '' : `Did you mean "${nearest}"? `;
    const listed = titles.slice(0, MAX_LISTED);
    const more = columns.length > MAX_LISTED ? ` and ${columns.length - MAX_LISTED} more` : '';
    throw new InvalidInputError(`The file has no column "${title}".`, {
      hint: `${proposal}Its columns are ${listed.join(', ')}${more}.`,
    });
  }
  return position;
}

/** A cell that is held until its record is complete. */
interface HeldCell {
  kind: 'time' | 'number' | 'count' | 'text' | 'cell' | 'empty';
  bytes: Buffer;
  start: number;
  end: number;
}

class ChosenEncoder implements RecordEncoder {
  readonly #encoder: RecordEncoder;
  readonly #cells: readonly HeldCell[];
  readonly #chosen: readonly HeldCell[];
  #column = 0;

  constructor(encoder: RecordEncoder, columns: number, order: readonly number[]) {
    this.#encoder = encoder;
    this.#cells = Array.from({ length: columns }, () => ({ kind: 'empty', bytes: EMPTY, start: 0, end: 0 }));
    this.#chosen = order.flatMap((position) => this.#cells[position] ?? []);
  }

  room(): Promise<void> | undefined {
    return this.#encoder.room();
  }

  begin(bytes: number): void {
    this.#encoder.begin(bytes);
    this.#column = 0;
  }

  time(bytes: Buffer, start: number, end: number): void {
    this.#hold('time', bytes, start, end);
  }

  number(bytes: Buffer, start: number, end: number): void {
    this.#hold('number', bytes, start, end);
  }

  count(bytes: Buffer, start: number, end: number): void {
    this.#hold('count', bytes, start, end);
  }

  text(bytes: Buffer, start: number, end: number): void {
    this.#hold('text', bytes, start, end);
  }

  cell(encoded: Buffer): void {
    this.#hold('cell', encoded, 0, 0);
  }

  empty(): void {
    this.#hold('empty', EMPTY, 0, 0);
  }

  #hold(kind: HeldCell['kind'], bytes: Buffer, start: number, end: number): void {
    const cell = this.#cells[this.#column++];
    if (cell !== undefined) {
      cell.kind = kind;
      cell.bytes = bytes;
      cell.start = start;
      cell.end = end;
    }
  }

  end(datapoints: number): void {
    const encoder = this.#encoder;
    for (const { kind, bytes, start, end } of this.#chosen) {
      if (kind === 'cell') {
        encoder.cell(bytes);
      } else if (kind === 'empty') {
        encoder.empty();
      } else {
        encoder[kind](bytes, start, end);
      }
    }
    encoder.end(datapoints);
  }
}
