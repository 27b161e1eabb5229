import type { Changes } from '../form.ts';

const FORMULA = /^[=+\-@\t\r]/;
/** A tab is escaped there. */
const SUSPECTS = new Set(Buffer.from('=+-@\\'));

/**
 * Puts an apostrophe before texts that a spreadsheet would run as formulas, and counts the cells that it changes.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export class FormulaGuard {
  readonly #changes: Changes;
  readonly #changed = new Set<Buffer>();

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** Whether a text with this first byte, in the text format of COPY, may be a formula. */
  suspects(byte: number | undefined): boolean {
    return byte !== undefined && SUSPECTS.has(byte);
  }

  /** Returns the text for one cell. */
  text(text: string): string {
    const isFormula = FORMULA.test(text);
    this.#changes.formulas += isFormula ? 1 : 0;
    return isFormula ? `'${text}` : text;
  }

  /** Returns the bytes for cells with this text, to be passed to `count` for each. */
  cell(text: string, encode: (text: string) => string): Buffer {
    if (!FORMULA.test(text)) {
      return Buffer.from(encode(text));
    }
    const encoded = Buffer.from(encode(`'${text}`));
    this.#changed.add(encoded);
    return encoded;
  }

  count(encoded: Buffer): void {
    if (this.#changed.has(encoded)) {
      this.#changes.formulas++;
    }
  }
}
