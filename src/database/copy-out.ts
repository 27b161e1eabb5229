import type { ClientBase, Connection, Submittable } from 'pg';
import { ReadingSocket } from './reading-socket.ts';

/** Takes the rows of a COPY as they arrive. */
export interface RowSink {
  /** One row is `bytes[start, end)`, its line end included. The bytes are lent for the call only. */
  row(bytes: Buffer, start: number, end: number): void;
  /** Asked after each piece read: a promise holds the server back until it resolves. */
  room(): Promise<void> | undefined;
}

const COPY_DATA = 0x64;
/** CopyOutResponse, NoticeResponse, ParameterStatus, NotificationResponse: may come between rows, and carry none. */
const IN_BETWEEN = new Set([0x48, 0x4e, 0x53, 0x41]);
const HEADER = 5;
/** Twice what a socket reads at once. */
const READ_BYTES = 128 * 1024;

/**
 * Runs `COPY ... TO STDOUT` and hands each row to `sink`; resolves to the number of rows when the client can take the
 * next query. The server sends every row as one CopyData message, so a row is found by its length, without looking for
 * line ends that might be inside quotes. Rejects with the server's error, or the connection's.
 * @see https://www.postgresql.org/docs/17/protocol-message-formats.html
 */
export function copyRows(client: ClientBase, sql: string, sink: RowSink): Promise<number> {
  return client.query(new CopyOut(sql, sink)).done;
}

/** pg would make an object of each row; this reads the messages of rows itself and leaves all others to pg. */
class CopyOut implements Submittable {
  readonly #sql: string;
  readonly #sink: RowSink;
  readonly #finished = Promise.withResolvers<number>();
  #release: (rest: Buffer) => void = () => {};
  #socket: Connection['stream'] | undefined;
  #buffer = Buffer.alloc(0);
  /** Bytes of an incomplete message at the start of the buffer. */
  #held = 0;
  #rows = 0;

  constructor(sql: string, sink: RowSink) {
    this.#sql = sql;
    this.#sink = sink;
  }

  get done(): Promise<number> {
    return this.#finished.promise;
  }

  submit(connection: Connection): void {
    this.#socket = connection.stream;
    this.#release = divert(connection.stream, this.#read);
    connection.query(this.#sql);
  }

  #read = (piece: Buffer): void => {
    try {
      this.#take(piece);
    } catch (error) {
      // Thrown by the sink. What follows of the COPY is of no use to anybody: the caller has to close the connection.
      this.#socket?.pause();
      this.#finished.reject(error);
    }
  };

  #take(piece: Buffer): void {
    const bytes = this.#appended(piece);
    let at = 0;
    while (at + HEADER <= bytes.length) {
      const kind = bytes[at] ?? 0;
      if (kind !== COPY_DATA && !IN_BETWEEN.has(kind)) {
        this.#release(Buffer.from(bytes.subarray(at)));
        return;
      }
      const end = at + 1 + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) {
        break;
      }
      if (kind === COPY_DATA) {
        this.#sink.row(bytes, at + HEADER, end);
        this.#rows++;
      }
      at = end;
    }
    this.#held = bytes.copyWithin(0, at).length - at;
    const room = this.#sink.room();
    if (room !== undefined) {
      this.#holdBack(room);
    }
  }

  /** What was held of the last piece, and this one behind it: in the same memory each time, to spare the collector. */
  #appended(piece: Buffer): Buffer {
    const length = this.#held + piece.length;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(READ_BYTES, 2 * length));
      this.#buffer.copy(larger, 0, 0, this.#held);
      this.#buffer = larger;
    }
    piece.copy(this.#buffer, this.#held);
    return this.#buffer.subarray(0, length);
  }

  #holdBack(room: Promise<void>): void {
    const socket = this.#socket;
    socket?.pause();
    room.then(
      () => socket?.resume(),
      // Whoever ended the wait also ends the connection.
      () => {},
    );
  }

  handleError(error: Error): void {
    this.#finished.reject(error);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#finished.resolve(this.#rows);
  }
}

/** Hands what is read to `read` instead of pg, until the function that is returned is called with what belongs to pg. */
function divert(socket: Connection['stream'], read: (piece: Buffer) => void): (rest: Buffer) => void {
  // pg's parser is the socket's only listener; EventEmitter types it as a bare Function.
  const [parser] = socket.listeners('data') as [(bytes: Buffer) => void];
  if (socket instanceof ReadingSocket) {
    socket.lendTo = read;
    return (rest) => {
      socket.lendTo = undefined;
      parser(rest);
    };
  }
  // Under TLS, or in the pool of another program.
  socket.on('data', read);
  socket.off('data', parser);
  return (rest) => {
    socket.on('data', parser);
    socket.off('data', read);
    parser(rest);
  };
}
