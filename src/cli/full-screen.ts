import { BEGIN, END, ERASE_BELOW, ERASE_TO_END_OF_LINE } from './live-lines.ts';
import { type Streams, write } from './streams.ts';
import { forTerminal } from './style.ts';

/** The other screen of a terminal, which has no lines above it, and the cursor. */
const [ENTER, LEAVE] = ['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l'];
const HOME = '\u001b[H';

/**
 * The whole window, which each drawing replaces, until it is disposed of: then it shows what was there before. Unlike lines
 * among others, such a drawing leaves nothing behind when the window becomes smaller.
 */
export class FullScreen {
  readonly #streams: Streams;

  constructor(streams: Streams) {
    this.#streams = streams;
    streams.stdout.write(ENTER);
    streams.drawn.line = this;
  }

  /** After a character in the last cell, a terminal may begin a new line. */
  get room(): { rows: number; columns: number } {
    const { rows, columns } = this.#streams;
    return { rows: rows(), columns: Math.max(1, columns() - 1) };
  }

  /** Draws lines that fit, which may contain colours. */
  async draw(lines: readonly string[]): Promise<void> {
    const text = lines.map((line) => `${forTerminal(line)}${ERASE_TO_END_OF_LINE}`).join('\n');
    await write(this.#streams.stdout, `${BEGIN}${HOME}${text}${ERASE_BELOW}${END}`);
  }

  clear(): void {
    this.#streams.stdout.write(`${HOME}${ERASE_BELOW}`);
  }

  [Symbol.dispose](): void {
    this.#streams.stdout.write(LEAVE);
    this.#streams.drawn.line = undefined;
  }
}
