import { Writable } from 'node:stream';
import type { Pool } from 'pg';
import {
  type ExportOptions,
  type ExportRequest,
  type ExportResult,
  exportExperiment,
} from '../../src/export/export-experiment.ts';

/** Returns the whole export, in memory. */
export async function exported(
  pool: Pool,
  request: ExportRequest,
  options?: ExportOptions,
  onResult?: (result: ExportResult) => void,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const sink = new Writable({
    write(bytes: Buffer, _encoding, done) {
      pieces.push(bytes);
      done();
    },
  });
  const result = await exportExperiment(pool, request, sink, options);
  onResult?.(result);
  return Buffer.concat(pieces);
}

/** A destination that accepts only the header until `pass` or `open` is called. */
export class Gate extends Writable {
  readonly pieces: Buffer[] = [];
  readonly reached = Promise.withResolvers<void>();
  #mayPass = 1;
  #waiting: (() => void) | undefined;

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#waiting = () => {
      this.#mayPass--;
      this.pieces.push(bytes);
      done();
    };
    if (this.#mayPass === 0) {
      this.reached.resolve();
    } else {
      this.#takeWaiting();
    }
  }

  /** Accepts a number of further pieces, waiting or future. */
  pass(pieces: number): void {
    this.#mayPass += pieces;
    this.#takeWaiting();
  }

  open(): void {
    this.pass(Number.POSITIVE_INFINITY);
  }

  #takeWaiting(): void {
    const take = this.#waiting;
    this.#waiting = undefined;
    take?.();
  }
}
