import type { Streams } from './streams.ts';
import type { Style } from './style.ts';
import { duration, grouped, megabytes, printable } from './text.ts';
import { fitted, type Measure, measureFor } from './width.ts';

/** How progress is shown: by a line that is redrawn, by a line now and then, or not at all. */
export type ProgressForm = 'drawn' | 'plain' | 'none';

/** How far work is; `totalRows` may be an estimate, or unknown. */
export interface Progress {
  rows: number;
  /** Omitted if no bytes are transferred. */
  bytes?: number;
  totalRows?: number | undefined;
  /** What happens after all rows are transferred. */
  doing?: string;
}

export type ShowProgress = (progress: Progress) => void;

const PERIOD_MILLISECONDS = { drawn: 100, plain: 1000 };
/** After the first of plain lines, which shows that the work has started. */
const PERIODS_PER_PLAIN_LINE = 5;
/** Before that, nothing is known of the speed, and work that cannot be counted may be done at once. */
const FIRST_SECONDS = 1;
const MAX_BAR_WIDTH = 24;
const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

/** The parts of a line, in this order, but for the label before them. */
type Part = 'bar' | 'percent' | 'rows' | 'rate' | 'elapsed' | 'left';
/** What a narrow window does not show, the first one first. */
const DROPPED: readonly Part[] = ['rate', 'rows', 'bar', 'left', 'elapsed', 'percent'];
const GAP = '  ';

/**
 * Calls `work`, and shows meanwhile how far it is, as it reports; or only that it is running, once it has been for a second.
 * The line is removed before anything else is printed, and at the end.
 * @param label what is done, such as `Exporting run7.csv`
 */
export async function withProgress<T>(
  { streams, style, form }: { streams: Streams; style: Style; form: ProgressForm },
  label: string,
  work: (show: ShowProgress) => Promise<T>,
): Promise<T> {
  if (form === 'none') {
    return await work(() => {});
  }
  const line = new ProgressLine(streams, style, printable(label), await measureFor([printable(label)]));
  const { drawn } = streams;
  const before = drawn.line;
  const timer = setInterval(() => {
    if (drawn.line === line) {
      form === 'drawn' ? line.draw() : line.print();
    }
  }, PERIOD_MILLISECONDS[form]).unref();
  drawn.line = line;
  try {
    return await work((progress) => {
      line.progress = progress;
    });
  } finally {
    clearInterval(timer);
    line.clear();
    drawn.line = before;
  }
}

class ProgressLine {
  progress: Progress | undefined;
  readonly #streams: Streams;
  readonly #style: Style;
  readonly #label: string;
  readonly #measure: Measure;
  readonly #started = performance.now();
  #frame = 0;
  /** In cells; 0 if nothing is drawn. */
  #drawnWidth = 0;

  constructor(streams: Streams, style: Style, label: string, measure: Measure) {
    this.#streams = streams;
    this.#style = style;
    this.#label = label;
    this.#measure = measure;
  }

  /** Prints how far the work is, as a line that stays. */
  print(): void {
    if (this.#frame++ % PERIODS_PER_PLAIN_LINE > 0) {
      return;
    }
    const { bar: _bar, ...parts } = this.#parts(0);
    this.#streams.stderr.write(`${this.#label}: ${Object.values(parts).join(', ').trimStart()}\n`);
  }

  draw(): void {
    if (this.progress === undefined && this.#seconds < FIRST_SECONDS) {
      return;
    }
    // The last column stays free: after a character in it, a terminal may begin a new line.
    const room = this.#streams.columns() - 1;
    const parts = this.#parts(Math.min(MAX_BAR_WIDTH, Math.floor(this.#streams.columns() / 5)));
    const frame = parts.bar === undefined ? `${FRAMES[this.#frame++ % FRAMES.length]} ` : '';
    const label = `${frame}${this.#label}`;
    const labelWidth = Math.min(this.#measure(label), Math.max(20, Math.floor(room / 3)));
    const width = () => Object.values(parts).reduce((sum, part) => sum + GAP.length + part.length, labelWidth);
    for (const part of DROPPED) {
      if (width() > room) {
        delete parts[part];
      }
    }
    const cells = Math.min(labelWidth, room);
    this.#erase();
    this.#drawnWidth = Math.min(width(), room);
    const { bar, ...rest } = parts;
    const texts = [fitted(label, cells, this.#measure), ...(bar ? [this.#coloured(bar)] : []), ...Object.values(rest)];
    this.#streams.stderr.write(texts.join(GAP));
  }

  clear(): void {
    this.#erase();
    this.#drawnWidth = 0;
  }

  /** A window that has become narrower shows what was drawn on several lines. */
  #erase(): void {
    if (this.#drawnWidth > 0) {
      const above = Math.ceil(this.#drawnWidth / Math.max(1, this.#streams.columns())) - 1;
      this.#streams.stderr.write(`\r${above > 0 ? `\u001b[${above}A` : ''}\u001b[J`);
    }
  }

  /** In tenths: a timer may be a millisecond early. */
  get #seconds(): number {
    return Math.round((performance.now() - this.#started) / 100) / 10;
  }

  #parts(barWidth: number): Partial<Record<Part, string>> {
    const seconds = this.#seconds;
    const isYoung = seconds < FIRST_SECONDS;
    const elapsed = isYoung ? {} : { elapsed: duration(Math.floor(seconds)) };
    if (!this.progress) {
      return elapsed;
    }
    const { rows, bytes, totalRows, doing } = this.progress;
    const count = `${grouped(rows)} rows`;
    if (doing) {
      return { rows: `${count}, ${printable(doing)}`, ...elapsed };
    }
    const rate =
      bytes === undefined ? `${grouped(Math.round(rows / seconds))} rows/s` : `${megabytes(bytes / seconds)}/s`;
    const speed = isYoung ? {} : { rate };
    if (!totalRows) {
      return { rows: count, ...speed, ...elapsed };
    }
    const share = Math.min(1, rows / totalRows);
    const left = Math.ceil((seconds * (totalRows - rows)) / rows);
    return {
      bar: '█'.repeat(Math.round(share * barWidth)).padEnd(barWidth, '░'),
      percent: `${String(Math.floor(share * 100)).padStart(3)} %`,
      ...{ rows: count, ...speed, ...elapsed },
      ...(isYoung || rows === 0 || left < 0 ? {} : { left: `${duration(left)} left` }),
    };
  }

  #coloured(bar: string): string {
    const full = bar.lastIndexOf('█') + 1;
    return `${this.#style.green(bar.slice(0, full))}${this.#style.dim(bar.slice(full))}`;
  }
}
