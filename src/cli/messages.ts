import type { Look } from './cells.ts';
import { type Form, isStructured } from './formats.ts';
import { type Streams, writeMessage } from './streams.ts';
import { forTerminal, type Style } from './style.ts';

export interface OutputSettings {
  streams: Streams;
  format: Form;
  quiet: boolean;
  look: Look;
  /** What has been said of the data that is read. */
  caveats: string[];
}

export class Messages {
  protected readonly settings: OutputSettings;

  constructor(settings: OutputSettings) {
    this.settings = settings;
  }

  get look(): Look {
    return this.settings.look;
  }

  get style(): Style {
    return this.look.style;
  }

  get format(): Form {
    return this.settings.format;
  }

  get structured(): boolean {
    return isStructured(this.format);
  }

  success(message: string): string {
    return `${this.style.green('✓')} ${message}`;
  }

  /** Prints a message, unless --quiet is given or the format is machine-readable. */
  async say(message: string): Promise<void> {
    if (!this.settings.quiet && !this.structured) {
      await this.#print(message);
    }
  }

  /** Prints what may be of use, but needs no action, under the same conditions. */
  async note(message: string): Promise<void> {
    await this.say(`${this.style.yellow('note:')} ${message}`);
  }

  /** Prints a warning, even with --quiet. */
  async warn(message: string): Promise<void> {
    await this.#print(`${this.style.yellow('warning:')} ${message}`);
  }

  /** Warns of what must be known of the data that is read; the record of the command repeats it. */
  async caveat(sentence: string): Promise<void> {
    const { caveats } = this.settings;
    if (!caveats.includes(sentence)) {
      caveats.push(sentence);
      await this.warn(sentence);
    }
  }

  /** Prints a generated secret, which cannot be shown again, even with --quiet. */
  async secret(name: string, value: string): Promise<void> {
    await this.#print(`${name}: ${this.style.bold(value)}  (shown only now)`);
  }

  async #print(message: string): Promise<void> {
    await writeMessage(this.settings.streams, `${forTerminal(message)}\n`);
  }
}
