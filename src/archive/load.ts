import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { copyFrom } from '../database/copy.ts';
import { uuidv7 } from '../entities/uuid.ts';
import { type RowGroup, rowGroups } from './row-groups.ts';

/** The temporary table of datapoints from an archive, which ends with the transaction. */
export const LOADED = 'pg_temp.archived_datapoints';
/** Its columns, without the last one, the number of the file: those of `datapoints`. */
export const COLUMNS = 'id, public_id, value, "timestamp", event_public_id, experiment_public_id';

/** From the epoch of Unix to that of PostgreSQL, in microseconds. */
const EPOCH = 946_684_800_000_000n;
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const END = Buffer.from([0xff, 0xff]);
const PIECE_BYTES = 128 * 1024;
/** Of a row, besides its texts. */
const FIXED_BYTES = 2 + 7 * 4 + 8 + 8 + 8 + 4;
const NULL = 0xffff_ffff;

export interface LoadOptions {
  hasIds: boolean;
  signal: AbortSignal;
  /** Of several files: later ones have greater numbers. */
  number?: number;
  /** The public ids of today, by those in the file. Datapoints of other events are left out; experiments become none. */
  events?: ReadonlyMap<string, string>;
  experiments?: ReadonlyMap<string, string>;
  /** Leaves out datapoints of other times, in microseconds since 1970. */
  from?: bigint;
  to?: bigint;
  /** Whether datapoints without a public id get a new one. */
  newIds?: boolean;
}

/** What became of datapoints whose event or experiment is no longer there. */
export interface LeftOut {
  withoutEvent: number;
  withoutExperiment: number;
}

/** Makes the temporary table. */
export async function createLoaded(client: ClientBase): Promise<void> {
  await client.query(`create temporary table archived_datapoints (
    id bigint, public_id varchar(100), value float8, "timestamp" timestamptz,
    event_public_id varchar(100), experiment_public_id varchar(100), file int
  ) on commit drop`);
}

/** Reads datapoints of a file into the temporary table, in constant memory. */
export async function load(client: ClientBase, path: string, options: LoadOptions): Promise<LeftOut> {
  const leftOut = { withoutEvent: 0, withoutExperiment: 0 };
  await pipeline(binaryRows(path, options, leftOut), copyFrom(client, `copy ${LOADED} from stdin (format binary)`), {
    signal: options.signal,
  });
  return leftOut;
}

/** @see https://www.postgresql.org/docs/17/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY-FORMAT */
async function* binaryRows(path: string, options: LoadOptions, leftOut: LeftOut): AsyncGenerator<Buffer> {
  const { number = 0, events, experiments, from, to, newIds = false, hasIds } = options;
  const [eventOf, experimentOf] = [translator(events), translator(experiments)];
  yield HEADER;
  for await (const group of rowGroups(path, hasIds)) {
    let piece = new Piece();
    for (let row = 0; row < group.rows; row++) {
      const time = group.times[row] ?? 0n;
      if ((from !== undefined && time < from) || (to !== undefined && time >= to)) {
        continue;
      }
      const event = eventOf(group.events[row]);
      if (event === undefined) {
        leftOut.withoutEvent++;
        continue;
      }
      const given = group.experiments[row];
      const experiment = experimentOf(given);
      leftOut.withoutExperiment += given && !experiment ? 1 : 0;
      const publicId = group.publicIds?.[row] ?? (newIds ? Buffer.from(uuidv7()) : undefined);
      piece.add({ group, row, number, time }, publicId, event, experiment);
      if (piece.length >= PIECE_BYTES) {
        yield piece.bytes;
        piece = new Piece();
      }
    }
    yield piece.bytes;
  }
  yield END;
}

/** Returns what translates the bytes of a public id; each is the same object as long as it is the same text. */
function translator(known: ReadonlyMap<string, string> | undefined) {
  const found = new Map<Uint8Array, Uint8Array | undefined>();
  return (bytes: Uint8Array | null | undefined): Uint8Array | undefined => {
    if (!bytes || !known) {
      return bytes ?? undefined;
    }
    if (!found.has(bytes)) {
      const publicId = known.get(Buffer.from(bytes).toString());
      found.set(bytes, publicId === undefined ? undefined : Buffer.from(publicId));
    }
    return found.get(bytes);
  };
}

class Piece {
  length = 0;
  #bytes = Buffer.allocUnsafeSlow(PIECE_BYTES + 2048);

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  add(
    { group, row, number, time }: { group: RowGroup; row: number; number: number; time: bigint },
    publicId: Uint8Array | undefined,
    event: Uint8Array,
    experiment: Uint8Array | undefined,
  ): void {
    const room = this.length + FIXED_BYTES + event.length + (publicId?.length ?? 0) + (experiment?.length ?? 0);
    if (room > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.bytes], room + PIECE_BYTES);
    }
    const bytes = this.#bytes;
    let at = bytes.writeUInt16BE(7, this.length);
    at = bytes.writeBigInt64BE(group.keys[row] ?? 0n, bytes.writeUInt32BE(8, at));
    at = writeText(bytes, at, publicId);
    at = bytes.writeDoubleBE(group.values[row] ?? Number.NaN, bytes.writeUInt32BE(8, at));
    at = bytes.writeBigInt64BE(time - EPOCH, bytes.writeUInt32BE(8, at));
    at = writeText(bytes, at, event);
    at = writeText(bytes, at, experiment);
    this.length = bytes.writeUInt32BE(number, bytes.writeUInt32BE(4, at));
  }
}

function writeText(bytes: Buffer, at: number, text: Uint8Array | undefined): number {
  const start = bytes.writeUInt32BE(text?.length ?? NULL, at);
  bytes.set(text ?? [], start);
  return start + (text?.length ?? 0);
}
