import { Socket } from 'node:net';

/** The most that a system call reads. */
const CHUNK_BYTES = 64 * 1024;

/**
 * A socket that can be read without allocating memory for each read. The garbage collector frees such memory late: an
 * export of gigabytes would use half as much memory again.
 */
export class ReadingSocket extends Socket {
  /**
   * While set, it alone is called with each chunk, which is valid only during the call. Otherwise the socket emits its data
   * as usual.
   */
  reader: ((chunk: Buffer) => void) | undefined;

  constructor() {
    // Before `super` there is no `this`.
    let take: (chunk: Buffer) => boolean = () => true;
    super({
      onread: {
        buffer: Buffer.allocUnsafeSlow(CHUNK_BYTES),
        callback: (length, { buffer }) => take(Buffer.from(buffer, 0, length)),
      },
    });
    take = (chunk) => {
      if (!this.reader) {
        return this.push(Buffer.from(chunk));
      }
      this.reader(chunk);
      return true;
    };
  }
}
