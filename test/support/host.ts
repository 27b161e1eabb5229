import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { HostProcess } from '../../src/cli/streams.ts';
import type { Environment } from '../../src/environment.ts';
import { PROGRAM } from './paths.ts';

/** An environment without the settings of the user who runs the tests. */
export const NO_SETTINGS = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  // For the records of imports: root would write them to /var/lib.
  XDG_DATA_HOME: join(tmpdir(), 'data'),
  WEBMACS_CONFIG: '/nonexistent/config.json',
  // For the bytecode cache, which cannot be under this HOME.
  XDG_CACHE_HOME: fileURLToPath(new URL('../../node_modules/.cache', import.meta.url)),
};

/** A process for the program to run in, within that of the test, without a terminal. */
export class TestHost extends EventEmitter implements HostProcess {
  readonly argv = [process.execPath, PROGRAM];
  readonly env: Environment;
  readonly stdin: Readable;
  readonly stdout: Captured = new Captured();
  readonly stderr: Captured = new Captured();

  constructor({ env = {}, input = '' }: { env?: Record<string, string>; input?: string }) {
    super();
    this.env = { ...NO_SETTINGS, ...env };
    // As from a pipe: bytes, and no empty pieces.
    this.stdin = Readable.from(input === '' ? [] : [Buffer.from(input)]);
  }

  cwd(): string {
    return process.cwd();
  }
}

/** Captures what is written. */
export class Captured extends Writable {
  readonly #pieces: Buffer[] = [];
  /** Called after each write. */
  onText = () => {};

  get text(): string {
    return Buffer.concat(this.#pieces).toString();
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#pieces.push(piece);
    this.onText();
    done();
  }

  /** Does nothing, like the standard streams of a process, which are not ended. */
  override end(): this {
    return this;
  }
}
