import { Terminal } from '@xterm/headless';
import { main } from '../../src/main.ts';
import { TestTerminal } from './terminal.ts';
import { until } from './until.ts';

/** A terminal within the test's process, and what its window shows. */
export class Screen extends TestTerminal {
  readonly #window: Terminal;
  #shown = 0;

  constructor(columns: number, rows: number, env: Record<string, string> = {}) {
    super({ env: { TERM: 'xterm', NO_COLOR: '1', ...env } });
    // As the driver of a terminal does, moves to the start of a line at its end.
    this.#window = new Terminal({ cols: columns, rows, convertEol: true, allowProposedApi: true });
    Object.assign(this.stdout, { columns, rows });
    this.stdout.onText = () => {
      this.#window.write(this.stdout.text.slice(this.#shown));
      this.#shown = this.stdout.text.length;
    };
  }

  /** Changes the size of the window, as a user does. */
  resize(columns: number, rows: number): void {
    this.#window.resize(columns, rows);
    Object.assign(this.stdout, { columns, rows }).emit('resize');
  }

  /** Returns what is on the lines of the window, and above it, but for empty lines at the end. */
  async text(): Promise<string> {
    await new Promise<void>((done) => this.#window.write('', done));
    const { cols, buffer } = this.#window;
    const { length } = buffer.active;
    const lines = Array.from({ length }, (_, at) => buffer.active.getLine(at)?.translateToString(true, 0, cols));
    return lines.join('\n').trimEnd();
  }

  /** Waits until the window shows a text. */
  async untilShown(text: string): Promise<void> {
    await until(async () => (await this.text()).includes(text));
  }

  /** Runs a command on it until Ctrl-C, which the test presses with `interrupt`, and returns its exit code. */
  async run(words: readonly string[], now?: () => Date): Promise<number> {
    return (await main([...words], this, now)).exitCode;
  }

  interrupt(): void {
    this.emit('SIGINT', 'SIGINT');
  }
}
