import { zstdDecompressSync } from 'node:zlib';
import { type DecodedArray, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { openInput } from '../files/input.ts';
import { damaged } from './manifest.ts';

/** Some datapoints of a file, by column. Texts are bytes; those that repeat are the same object. */
export interface RowGroup {
  rows: number;
  /** Microseconds since 1970. */
  times: ArrayLike<bigint>;
  values: ArrayLike<number>;
  keys: ArrayLike<bigint>;
  events: ArrayLike<Uint8Array>;
  experiments: ArrayLike<Uint8Array | null | undefined>;
  /** Missing in a file without ids. */
  publicIds: ArrayLike<Uint8Array> | undefined;
}

const COLUMNS = ['timestamp', 'value', 'datapoint_id', 'event_public_id', 'experiment_public_id'];
const ID = 'datapoint_public_id';

/**
 * Reads a file of an archive, in pieces that fit into memory.
 * @throws InvalidInputError if it is not one
 */
export async function* rowGroups(path: string, hasIds: boolean): AsyncGenerator<RowGroup> {
  const { handle, stats } = await openInput(path, { regular: true });
  try {
    const file = {
      byteLength: stats.size,
      async slice(start: number, end = stats.size) {
        const bytes = new Uint8Array(end - start);
        await handle.read(bytes, 0, bytes.length, start);
        return bytes.buffer;
      },
    };
    const metadata = await parquetMetadataAsync(file);
    const columns = [...COLUMNS, ...(hasIds ? [ID] : [])];
    for (let rowStart = 0, at = 0; at < metadata.row_groups.length; at++) {
      const rows = Number(metadata.row_groups[at]?.num_rows);
      // One page each, as the program writes them.
      const read = new Map<string, DecodedArray>();
      await parquetRead({
        ...{ file, metadata, columns, rowStart, rowEnd: rowStart + rows },
        compressors: { ZSTD: (bytes, length) => zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, length) }) },
        parsers: { timestampFromMicroseconds: (time) => time, stringFromBytes: (bytes) => bytes },
        onChunk: ({ columnName, columnData }) => read.set(columnName, columnData),
      });
      const wrong = columns.find((name) => read.get(name)?.length !== rows);
      if (wrong !== undefined) {
        throw new Error(`it has not ${rows} values of "${wrong}"`);
      }
      // By the schema, which the checksum of the file vouches for.
      const [times, values, keys, events, experiments, publicIds] = columns.map((name) => read.get(name)) as unknown[];
      yield { rows, times, values, keys, events, experiments, publicIds } as RowGroup;
      rowStart += rows;
    }
  } catch (error) {
    throw error instanceof Error && !('hint' in error) ? damaged(path, error.message, error) : error;
  } finally {
    await handle.close();
  }
}
