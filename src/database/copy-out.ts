import type { ClientBase, Connection, Submittable } from 'pg';
import { ReadingSocket } from './reading-socket.ts';

/** Receives the rows of a COPY as they arrive. */
export interface RowSink {
  /** Called with each row, `bytes[start, end)` with its line end. The bytes are valid only during the call. */
  row(bytes: Buffer, start: number, end: number): void;
  /** Called after each chunk read. A returned promise pauses reading until it resolves. */
  room(): Promise<void> | undefined;
}

const COPY_DATA = 0x64;
/** CopyOutResponse, NoticeResponse, ParameterStatus, NotificationResponse: may come between rows. */
const IN_BETWEEN = new Set([0x48, 0x4e, 0x53, 0x41]);
const HEADER = 5;
/** Twice what a socket reads at once. */
const READ_BYTES = 128 * 1024;

/**
 * Runs `COPY ... TO STDOUT` and passes each row to `sink`; resolves to the number of rows when the client is ready for the
 * next query. The server sends every row as one CopyData message, so rows are split by message length, without looking
 * for line ends, which may be inside quotes. Rejects with the error of the server or the connection.
 * @see https://www.postgresql.org/docs/17/protocol-message-formats.html
 */
export function copyRows(client: ClientBase, sql: string, sink: RowSink): Promise<number> {
  return client.query(new CopyOut(sql, sink)).done;
}

/** pg would create an object per row; this parses row messages itself and leaves all others to pg. */
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

  #read = (chunk: Buffer): void => {
    try {
      this.#parse(chunk);
    } catch (error) {
      // Thrown by the sink. The rest of the COPY is not read: the caller has to close the connection.
      this.#socket?.pause();
      this.#finished.reject(error);
    }
  };

  #parse(chunk: Buffer): void {
    const bytes = this.#append(chunk);
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
      this.#pauseUntil(room);
    }
  }

  /** Appends a chunk to the incomplete message. The buffer is reused, to spare the garbage collector. */
  #append(chunk: Buffer): Buffer {
    const length = this.#held + chunk.length;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(READ_BYTES, 2 * length));
      this.#buffer.copy(larger, 0, 0, this.#held);
      this.#buffer = larger;
    }
    chunk.copy(this.#buffer, this.#held);
    return this.#buffer.subarray(0, length);
  }

  #pauseUntil(room: Promise<void>): void {
    const socket = this.#socket;
    socket?.pause();
    room.then(
      () => socket?.resume(),
      // Whoever rejects the promise also closes the connection.
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

/** Passes what the socket reads to `read` instead of pg. Returns a function that reverts this and passes the rest to pg. */
function divert(socket: Connection['stream'], read: (chunk: Buffer) => void): (rest: Buffer) => void {
  // pg's parser is the socket's only listener; EventEmitter types it as a bare Function.
  const [parser] = socket.listeners('data') as [(bytes: Buffer) => void];
  if (socket instanceof ReadingSocket) {
    socket.reader = read;
    return (rest) => {
      socket.reader = undefined;
      parser(rest);
    };
  }
  // A TLS socket, or one of another program's pool.
  socket.on('data', read);
  socket.off('data', parser);
  return (rest) => {
    socket.on('data', parser);
    socket.off('data', read);
    parser(rest);
  };
}
