/** A longer run of NUL characters is shortened: a power failure leaves megabytes of them, in a single line. */
const MAX_NULS = 4096;

/** Makes the text of a file one of lines of bearable length, piece by piece, and counts the lines. */
export class TextCleaner {
  /** The line in which the next piece starts, from 1. */
  line = 1;
  /** Whether lines end in carriage returns alone; decided by the first piece. */
  #bareReturns: boolean | undefined;
  /** How many NUL characters the last piece ended with. */
  #nuls = 0;

  /** Replaces carriage returns, if they are the line ends, and shortens runs of NUL characters. */
  clean(text: string): string {
    // The last one may be half of a line end.
    this.#bareReturns ??= !text.includes('\n') && text.slice(0, -1).includes('\r');
    const lines = this.#bareReturns ? text.replaceAll('\r', '\n') : text;
    for (let at = lines.indexOf('\n'); at >= 0; at = lines.indexOf('\n', at + 1)) {
      this.line++;
    }
    return this.#withoutLongNuls(lines);
  }

  #withoutLongNuls(text: string): string {
    if (!text.includes('\0')) {
      this.#nuls = text === '' ? this.#nuls : 0;
      return text;
    }
    const before = this.#nuls;
    let end = text.length;
    while (end > 0 && text.charCodeAt(end - 1) === 0) {
      end--;
    }
    this.#nuls = text.length - end + (end === 0 ? before : 0);
    return text.replace(/\0+/g, (run, at: number) => run.slice(0, Math.max(0, MAX_NULS - (at === 0 ? before : 0))));
  }
}
