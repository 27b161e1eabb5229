import { constants, zstdCompressSync } from 'node:zlib';
import type { ColumnChunk, ColumnMetaData, Encoding, PageHeader, SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';

/** A higher one would take longer than the server, for a file a few percent smaller. */
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Values of one column, up to as many as a row group has. */
export abstract class ParquetColumn {
  readonly schema: SchemaElement;
  /** Of the values that are not positions in a dictionary. */
  protected readonly encoding: Encoding = 'PLAIN';
  /** For each row whether it has a value. */
  readonly #present: Uint8Array;
  #rows = 0;
  /** How many rows have a value. */
  protected count = 0;

  constructor(schema: SchemaElement, maxRows: number) {
    this.schema = schema;
    this.#present = new Uint8Array(maxRows);
  }

  /** Adds a value, as `RecordEncoder` is given it. */
  add(bytes: Buffer, start: number, end: number): void {
    this.set(bytes, start, end);
    this.count++;
    this.#present[this.#rows++] = 1;
  }

  addNull(): void {
    this.#present[this.#rows++] = 0;
  }

  /** Writes the values, and removes them. */
  write(out: ByteWriter): ColumnChunk {
    const start = out.offset;
    const dictionary = this.dictionary();
    let size = 0;
    if (dictionary !== undefined) {
      const header = { num_values: dictionary.length, encoding: 'PLAIN' } as const;
      size += writePage(out, { type: 'DICTIONARY_PAGE', dictionary_page_header: header }, plainTexts(dictionary));
    }
    const dataStart = out.offset;
    const encoding: Encoding = dictionary === undefined ? this.encoding : 'RLE_DICTIONARY';
    const header = {
      num_values: this.#rows,
      encoding,
      definition_level_encoding: 'RLE',
      repetition_level_encoding: 'RLE',
    } as const;
    size += writePage(out, { type: 'DATA_PAGE', data_page_header: header }, this.#page());
    const metadata: ColumnMetaData = {
      type: this.schema.type ?? 'BYTE_ARRAY',
      encodings: ['RLE', 'PLAIN', ...(encoding === 'PLAIN' ? [] : [encoding])],
      path_in_schema: [this.schema.name],
      codec: 'ZSTD',
      num_values: BigInt(this.#rows),
      total_uncompressed_size: BigInt(size),
      total_compressed_size: BigInt(out.offset - start),
      data_page_offset: BigInt(dataStart),
      ...(dictionary === undefined ? {} : { dictionary_page_offset: BigInt(start) }),
      ...this.statistics(),
    };
    this.#rows = 0;
    this.count = 0;
    return { file_offset: BigInt(start), meta_data: metadata };
  }

  #page(): Uint8Array {
    const page = new ByteWriter();
    if (this.schema.repetition_type === 'OPTIONAL') {
      const levels = new ByteWriter();
      writeRleBitPackedHybrid(levels, this.#present.subarray(0, this.#rows), 1);
      page.appendUint32(levels.offset);
      page.appendBytes(levels.getBytes());
    }
    this.writeValues(page);
    return page.getBytes();
  }

  protected abstract set(bytes: Buffer, start: number, end: number): void;
  protected abstract writeValues(page: ByteWriter): void;

  /** The distinct texts, if the values are positions in it. */
  protected dictionary(): Buffer[] | undefined {
    return undefined;
  }

  protected statistics(): Pick<ColumnMetaData, 'statistics'> {
    return {};
  }
}

function plainTexts(texts: readonly Buffer[]): Uint8Array {
  const out = new ByteWriter();
  for (const text of texts) {
    out.appendUint32(text.length);
    out.appendBytes(text);
  }
  return out.getBytes();
}

/**
 * Writes a page, compressed with zstd.
 * @returns its size before compression, with its header
 */
function writePage(
  out: ByteWriter,
  header: Omit<PageHeader, 'uncompressed_page_size' | 'compressed_page_size'>,
  bytes: Uint8Array,
): number {
  const compressed = zstdCompressSync(bytes, ZSTD);
  const start = out.offset;
  writePageHeader(out, {
    ...header,
    uncompressed_page_size: bytes.length,
    compressed_page_size: compressed.length,
  });
  const size = out.offset - start + bytes.length;
  out.appendBytes(compressed);
  return size;
}
