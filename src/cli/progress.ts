import type { Streams } from './streams.ts';
import type { Style } from './style.ts';
import { grouped, megabytes, printable } from './text.ts';

const REDRAW_MILLISECONDS = 100;
const WIDTH = 24;

/** The progress of a transfer; `totalRows` may be an estimate, or unknown. */
export interface Transfer {
  rows: number;
  /** Omitted if no bytes are transferred. */
  bytes?: number;
  totalRows?: number | undefined;
  /** What happens after all rows are transferred. */
  doing?: string;
}

/** Shows the progress of a transfer on a line of the terminal; nothing unless stderr is a terminal. */
export class ProgressBar {
  readonly #streams: Streams;
  readonly #style: Style;
  readonly #active: boolean;
  readonly #started = performance.now();
  #drawn = 0;

  constructor(streams: Streams, style: Style, wanted: boolean) {
    this.#streams = streams;
    this.#style = style;
    this.#active = wanted && streams.stderrIsTerminal;
  }

  update(transfer: Transfer): void {
    const now = performance.now();
    if (this.#active && (transfer.doing || now - this.#drawn >= REDRAW_MILLISECONDS)) {
      this.#drawn = now;
      this.#streams.stderr.write(`\r\u001b[2K${this.#line(transfer, (now - this.#started) / 1000)}`);
    }
  }

  /** Removes the line. */
  clear(): void {
    if (this.#drawn > 0) {
      this.#drawn = 0;
      this.#streams.stderr.write('\r\u001b[2K');
    }
  }

  #line({ rows, bytes, totalRows, doing }: Transfer, seconds: number): string {
    if (doing) {
      return `${grouped(rows)} rows  ${printable(doing)} …`;
    }
    const elapsed = Math.max(seconds, 0.001);
    const rate =
      bytes === undefined ? `${grouped(Math.round(rows / elapsed))} rows/s` : `${megabytes(bytes / elapsed)}/s`;
    if (!totalRows) {
      return `${grouped(rows)} rows  ${rate}`;
    }
    const share = Math.min(1, rows / totalRows);
    const full = Math.round(share * WIDTH);
    const bar = `${this.#style.green('█'.repeat(full))}${this.#style.dim('░'.repeat(WIDTH - full))}`;
    const left = rows > 0 ? Math.max(0, Math.ceil((seconds * (totalRows - rows)) / rows)) : undefined;
    const remaining = left === undefined ? '' : `  ${left} s left`;
    return `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${grouped(rows)} rows  ${rate}${remaining}`;
  }
}
