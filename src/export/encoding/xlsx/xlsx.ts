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
  /** The cell of each text that occurs often, whose position is that in the shared strings. */
  readonly #cells = new Map<string, Buffer>();

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
    const cell = this.#cells.get(text) ?? Buffer.from(`" t="s"><v>${this.#cells.size}</v></c>`);
    this.#cells.set(text, cell);
    return cell;
  }

  encoder(columns: readonly Column[], output: SliceBuffer): RecordEncoder {
    return new SheetEncoder(columns, { cell: (text) => this.cell(text), writeTime: this.#writeTime }, output);
  }

  assemble(sheet: AsyncIterable<Chunk>): AsyncIterable<Chunk> {
    return workbook(sheet, otherParts(this.#events), () => sharedStrings(this.#cells.keys()));
  }
}
