import { Writable } from 'node:stream';
import type { Pool } from 'pg';
import { type ExportOptions, type ExportRequest, exportExperiment } from '../../src/export/export-experiment.ts';

/** The whole export, in memory. */
export async function exported(pool: Pool, request: ExportRequest, options?: ExportOptions): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const sink = new Writable({
    write(bytes: Buffer, _encoding, done) {
      pieces.push(bytes);
      done();
    },
  });
  await exportExperiment(pool, request, sink, options);
  return Buffer.concat(pieces);
}

/** A destination that takes the header and nothing else until it is opened. */
export class Gate extends Writable {
  readonly pieces: Buffer[] = [];
  readonly reached = Promise.withResolvers<void>();
  readonly #opened = Promise.withResolvers<void>();

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    if (this.pieces.length > 0) this.reached.resolve();
    const taken = this.pieces.length > 0 ? this.#opened.promise : Promise.resolve();
    taken.then(() => {
      this.pieces.push(bytes);
      done();
    });
  }

  open(): void {
    this.#opened.resolve();
  }
}
