import { type Streams, write } from './streams.ts';
import { forTerminal } from './style.ts';
import { measureFor } from './width.ts';

/** While a terminal gets the text between these, it shows what was there before. */
export const [BEGIN, END] = ['\u001b[?2026h', '\u001b[?2026l'] as const;
export const ERASE_TO_END_OF_LINE = '\u001b[K';
export const ERASE_BELOW = '\u001b[J';

/** Lines at the end of a terminal, which each drawing replaces. They are removed before anything else is printed there. */
export class LiveLines {
  readonly #streams: Streams;
  /** The widths of the lines that are drawn, in cells. */
  #drawn: number[] = [];

  constructor(streams: Streams) {
    this.#streams = streams;
    streams.drawn.line = this;
  }

  /** The number of lines that fit, and of cells in each: after a character in the last one, a terminal may begin a new line. */
  get room(): { rows: number; columns: number } {
    const { rows, columns } = this.#streams;
    return { rows: Math.max(1, rows() - 1), columns: Math.max(1, columns() - 1) };
  }

  /** Draws lines that fit, which may contain colours. */
  async draw(lines: readonly string[]): Promise<void> {
    const measure = await measureFor(lines);
    const text = lines.map((line) => `${forTerminal(line)}${ERASE_TO_END_OF_LINE}\n`).join('');
    const back = this.#back();
    this.#drawn = lines.map(measure);
    await write(this.#streams.stdout, `${BEGIN}${back}${text}${ERASE_BELOW}${END}`);
  }

  clear(): void {
    if (this.#drawn.length > 0) {
      this.#streams.stdout.write(`${this.#back()}${ERASE_BELOW}`);
      this.#drawn = [];
    }
  }

  /** Leaves the lines where they are. */
  [Symbol.dispose](): void {
    this.#drawn = [];
    this.#streams.drawn.line = undefined;
  }

  /** Returns what moves the cursor to the first line; a window that has become narrower shows a line on several. */
  #back(): string {
    const columns = Math.max(1, this.#streams.columns());
    const height = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return height > 0 ? `\u001b[${height}F` : '';
  }
}

/** Draws again when the window is resized, until disposed of. */
export function redrawnOnResize({ stdout }: Streams, draw: () => Promise<void>): Disposable {
  // A failure of stdout interrupts the command.
  const redraw = () => void draw().catch(() => {});
  stdout.on('resize', redraw);
  return { [Symbol.dispose]: () => void stdout.off('resize', redraw) };
}
