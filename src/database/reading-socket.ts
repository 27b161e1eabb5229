import { Socket } from 'node:net';

/** What a system call reads at most. */
const PIECE_BYTES = 64 * 1024;

/**
 * A socket that can be read without new memory for each read. The collector comes for that late: an export, which reads
 * gigabytes, would take half as much memory again.
 */
export class ReadingSocket extends Socket {
  /**
   * While it is set, each piece that is read is lent to it until it returns, and nobody else gets it. While it is not, the
   * socket gives its data to whoever listens or reads, as sockets do.
   */
  lendTo: ((piece: Buffer) => void) | undefined;

  constructor() {
    // Before `super` there is no `this`.
    let take: (piece: Buffer) => boolean = () => true;
    super({
      onread: {
        buffer: Buffer.allocUnsafeSlow(PIECE_BYTES),
        callback: (length, { buffer }) => take(Buffer.from(buffer, 0, length)),
      },
    });
    take = (piece) => {
      if (!this.lendTo) {
        return this.push(Buffer.from(piece));
      }
      this.lendTo(piece);
      return true;
    };
  }
}
