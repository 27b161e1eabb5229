import type { RowGroup, SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { VERSION } from '../../../version.ts';
import type { Column, Encoding, RecordEncoder } from '../../form.ts';
import type { Chunk, SliceBuffer } from '../../reorder-buffer.ts';
import type { ParquetColumn } from './column.ts';
import { parquetColumn } from './columns.ts';

const MAGIC = 0x31524150;
/** Bounds the memory of a row group, at any number of columns. */
const GROUP_CELLS = 1_000_000;
const GROUP_ROWS = 100_000;
const PIECE_BYTES = 128 * 1024;
const EMPTY = Buffer.alloc(0);

export interface ParquetForm {
  kind: 'parquet';
  /** Facts about the file, which it holds as key-value pairs. */
  metadata?: Readonly<Record<string, string>>;
}

/**
 * Parquet, compressed with zstd: times as microseconds in UTC, numbers as doubles, texts that repeat in a dictionary.
 * @see https://parquet.apache.org/docs/file-format/
 */
export class Parquet implements Encoding {
  readonly inSequence = true;
  readonly #form: ParquetForm;
  readonly #labels: Buffer[] = [];
  readonly #cells = new Map<string, Buffer>();

  constructor(form: ParquetForm) {
    this.#form = form;
  }

  head(): Buffer {
    return EMPTY;
  }

  cell(text: string | null): Buffer {
    if (text === null) {
      return EMPTY;
    }
    const known = this.#cells.get(text);
    if (known !== undefined) {
      return known;
    }
    const cell = Buffer.alloc(4);
    cell.writeInt32LE(this.#labels.push(Buffer.from(text)) - 1);
    this.#cells.set(text, cell);
    return cell;
  }

  encoder(columns: readonly Column[], output: SliceBuffer): RecordEncoder {
    return new ParquetEncoder(columns, this.#labels, this.#form.metadata ?? {}, output);
  }
}

class ParquetEncoder implements RecordEncoder {
  readonly #output: SliceBuffer;
  readonly #metadata: Readonly<Record<string, string>>;
  readonly #columns: readonly ParquetColumn[];
  readonly #maxRows: number;
  /** What is written and not yet handed on; its `offset` is the position in the file. */
  readonly #out = new ByteWriter();
  readonly #groups: RowGroup[] = [];
  #at = 0;
  #rows = 0;
  #datapoints = 0;

  constructor(
    columns: readonly Column[],
    labels: readonly Buffer[],
    metadata: Readonly<Record<string, string>>,
    output: SliceBuffer,
  ) {
    this.#maxRows = Math.min(GROUP_ROWS, Math.ceil(GROUP_CELLS / columns.length));
    this.#columns = columns.map((column) => parquetColumn(column, labels, this.#maxRows));
    this.#metadata = metadata;
    this.#output = output;
    this.#out.appendUint32(MAGIC);
  }

  room(): Promise<void> | undefined {
    return this.#output.room();
  }

  begin(): void {
    this.#at = 0;
  }

  time(bytes: Buffer, start: number, end: number): void {
    this.#columns[this.#at++]?.add(bytes, start, end);
  }

  number(bytes: Buffer, start: number, end: number): void {
    this.#columns[this.#at++]?.add(bytes, start, end);
  }

  count(bytes: Buffer, start: number, end: number): void {
    this.number(bytes, start, end);
  }

  text(bytes: Buffer, start: number, end: number): void {
    this.#columns[this.#at++]?.add(bytes, start, end);
  }

  cell(encoded: Buffer): void {
    if (encoded === EMPTY) {
      this.empty();
    } else {
      this.#columns[this.#at++]?.add(encoded, 0, encoded.length);
    }
  }

  empty(): void {
    this.#columns[this.#at++]?.addNull();
  }

  end(datapoints: number): void {
    this.#datapoints += datapoints;
    this.#rows++;
    if (this.#rows === this.#maxRows) {
      this.#writeGroup();
    }
  }

  finish(): void {
    if (this.#rows > 0) {
      this.#writeGroup();
    }
    const columns = this.#columns.map(({ schema }) => schema);
    const schema: SchemaElement[] = [{ name: 'schema', num_children: columns.length }, ...columns];
    const pairs = Object.entries(this.#metadata).map(([key, value]) => ({ key, value }));
    writeMetadata(this.#out, {
      version: 2,
      created_by: `webmacs version ${VERSION}`,
      schema,
      num_rows: this.#groups.reduce((sum, group) => sum + group.num_rows, 0n),
      row_groups: this.#groups,
      metadata_length: 0,
      ...(pairs.length > 0 ? { key_value_metadata: pairs } : {}),
    });
    this.#out.appendUint32(MAGIC);
    this.#handOn();
  }

  #writeGroup(): void {
    const columns = this.#columns.map((column) => column.write(this.#out));
    const sizes = columns.map(({ meta_data }) => meta_data?.total_uncompressed_size ?? 0n);
    this.#groups.push({
      columns,
      num_rows: BigInt(this.#rows),
      total_byte_size: sizes.reduce((sum, size) => sum + size, 0n),
    });
    const chunk = this.#handOn();
    chunk.rows += this.#rows;
    chunk.datapoints += this.#datapoints;
    this.#rows = 0;
    this.#datapoints = 0;
  }

  /** Returns the last chunk that was written to. */
  #handOn(): Chunk {
    const bytes = this.#out.getBytes();
    let chunk = this.#output.chunk(0);
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      const piece = bytes.subarray(start, start + PIECE_BYTES);
      chunk = this.#output.chunk(piece.length);
      chunk.bytes.set(piece, chunk.length);
      chunk.length += piece.length;
    }
    this.#out.index = 0;
    return chunk;
  }
}
