import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { HostProcess } from '../../src/cli/streams.ts';
import type { Environment } from '../../src/environment.ts';
import { PROGRAM } from './paths.ts';

/** An environment without any setting of the person who runs the tests. */
export const NO_SETTINGS = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  WEBMACS_CONFIG: '/nonexistent/config.json',
  // Of the program's compiled code, which could not be kept under HOME.
  XDG_CACHE_HOME: fileURLToPath(new URL('../../node_modules/.cache', import.meta.url)),
};

/** What the program needs of a process, within that of the test: it has no terminal. */
export class TestHost extends EventEmitter implements HostProcess {
  readonly argv = [process.execPath, PROGRAM];
  readonly env: Environment;
  readonly stdin: Readable;
  readonly stdout: Kept = new Kept();
  readonly stderr: Kept = new Kept();

  constructor({ env = {}, input = '' }: { env?: Record<string, string>; input?: string }) {
    super();
    this.env = { ...NO_SETTINGS, ...env };
    // As from a pipe: bytes, and none of no length.
    this.stdin = Readable.from(input === '' ? [] : [Buffer.from(input)]);
  }

  cwd(): string {
    return process.cwd();
  }
}

/** Keeps what is written. */
export class Kept extends Writable {
  readonly #pieces: Buffer[] = [];
  /** Called when there is more. */
  onText = () => {};

  get text(): string {
    return Buffer.concat(this.#pieces).toString();
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#pieces.push(piece);
    this.onText();
    done();
  }

  /** Like the streams of a process, which who pipes into them does not end. */
  override end(): this {
    return this;
  }
}
