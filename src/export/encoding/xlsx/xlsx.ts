import type { Column, Encoding, RecordEncoder } from '../../form.ts';
import type { Chunk, SliceBuffer } from '../../reorder-buffer.ts';
import type { EventRow } from '../../request.ts';
import type { WriteTime } from '../../time-text.ts';
import { otherParts, sharedStrings } from './parts.ts';
import { SheetEncoder } from './sheet.ts';
import { workbook } from './workbook.ts';

const EMPTY = Buffer.alloc(0);

export interface XlsxForm {
  kind: 'xlsx';
}

/**
 * A workbook for Excel: times are dates, as their digits are printed; what a sheet has no number for (NaN, infinity, times before
 * March 1900) is text, and no text is a formula. A second sheet lists the events.
 * @see https://ecma-international.org/publications-and-standards/standards/ecma-376/
 */
export class Xlsx implements Encoding {
  readonly inSequence = true;
  readonly #events: readonly EventRow[];
  readonly #writeTime: WriteTime;
  /** What stands for each text that may occur often: its position in the texts. */
  readonly #labels = new Map<string, Buffer>();
  readonly #texts: string[] = [];
  /** The cells of the texts that do occur, by their position in the texts, in the order of the shared strings. */
  readonly #shared = new Map<number, Buffer>();

  /** @param writeTime writes a time that is no date of a sheet */
  constructor(events: readonly EventRow[], writeTime: WriteTime) {
    this.#events = events;
    this.#writeTime = writeTime;
  }

  head(): Buffer {
    return EMPTY;
  }

  cell(text: string | null): Buffer {
    if (text === null) {
      return EMPTY;
    }
    const known = this.#labels.get(text);
    if (known !== undefined) {
      return known;
    }
    const label = Buffer.alloc(4);
    label.writeInt32LE(this.#texts.push(text) - 1);
    this.#labels.set(text, label);
    return label;
  }

  encoder(columns: readonly Column[], output: SliceBuffer): RecordEncoder {
    const cell = (text: string) => this.cell(text);
    const shared = (label: Buffer) => this.#sharedCell(label.readInt32LE());
    return new SheetEncoder(columns, { cell, shared, writeTime: this.#writeTime }, output);
  }

  assemble(sheet: AsyncIterable<Chunk>): AsyncIterable<Chunk> {
    return workbook(sheet, otherParts(this.#events), () => {
      return sharedStrings(Array.from(this.#shared.keys(), (position) => this.#texts[position] ?? ''));
    });
  }

  /** Only what a row refers to is shared: the file neither shows other events and experiments, nor changes with them. */
  #sharedCell(position: number): Buffer {
    const cell = this.#shared.get(position) ?? Buffer.from(`" t="s"><v>${this.#shared.size}</v></c>`);
    this.#shared.set(position, cell);
    return cell;
  }
}
