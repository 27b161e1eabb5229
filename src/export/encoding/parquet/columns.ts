import type { ColumnMetaData } from 'hyparquet';
import type { ByteWriter } from 'hyparquet-writer';
import { deltaBinaryPack } from 'hyparquet-writer/src/delta.js';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import { unescapeCopyText } from '../../../database/copy-escape.ts';
import { InvalidInputError } from '../../../errors.ts';
import type { Column } from '../../form.ts';
import { InstantReader } from '../../instant.ts';
import { ParquetColumn } from './column.ts';

const BACKSLASH = 0x5c;
const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } } as const;

/** @param labels the texts that cells of the kind `label` are positions of */
export function parquetColumn(
  { title, kind, steady }: Column,
  labels: readonly Buffer[],
  maxRows: number,
): ParquetColumn {
  switch (kind) {
    case 'time':
      return new Times(title, maxRows, steady);
    case 'number':
      return new Doubles(title, maxRows);
    case 'text':
      return new Labels(title, labels, maxRows);
    case 'id':
      return new Texts(title, maxRows);
    case 'key':
      return new Keys(title, maxRows);
  }
}

class Times extends ParquetColumn {
  protected override readonly encoding: 'PLAIN' | 'DELTA_BINARY_PACKED';
  readonly #values: BigInt64Array<ArrayBuffer>;
  readonly #instant = new InstantReader();

  constructor(name: string, maxRows: number, steady = false) {
    const logical = { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } as const;
    const type = { type: 'INT64', converted_type: 'TIMESTAMP_MICROS', logical_type: logical } as const;
    super({ name, repetition_type: 'REQUIRED', ...type }, maxRows);
    this.encoding = steady ? 'DELTA_BINARY_PACKED' : 'PLAIN';
    this.#values = new BigInt64Array(maxRows);
  }

  /** @throws InvalidInputError for `infinity`, and if it does not fit into 64 bits */
  protected override set(bytes: Buffer, start: number, end: number): void {
    const isTime = this.#instant.read(bytes, start, end);
    const { seconds, micros } = this.#instant;
    const all = seconds * 1_000_000 + micros;
    const isSafe = Number.isSafeInteger(all);
    const exact = isSafe ? BigInt(all) : BigInt(seconds) * 1_000_000n + BigInt(micros);
    if (!isTime || !(isSafe || BigInt.asIntN(64, exact) === exact)) {
      throw new InvalidInputError(`Parquet cannot hold the time "${bytes.toString('latin1', start, end)}".`, {
        hint: 'Leave it out with --from or --to, or export to CSV.',
      });
    }
    this.#values[this.count] = exact;
  }

  protected override writeValues(page: ByteWriter): void {
    if (this.encoding === 'PLAIN') {
      page.appendBytes(new Uint8Array(this.#values.buffer, 0, 8 * this.count));
    } else {
      deltaBinaryPack(page, this.#values.subarray(0, this.count), 'INT64');
    }
  }

  /** Records may be in another order than that of time. */
  protected override statistics(): Pick<ColumnMetaData, 'statistics'> {
    let [least, most] = [this.#values[0] ?? 0n, this.#values[0] ?? 0n];
    for (const value of this.#values.subarray(0, this.count)) {
      least = value < least ? value : least;
      most = value > most ? value : most;
    }
    return { statistics: { min_value: least, max_value: most, null_count: 0n } };
  }
}

/** Whole numbers that mostly grow by the same. */
class Keys extends ParquetColumn {
  protected override readonly encoding = 'DELTA_BINARY_PACKED';
  readonly #values: number[] = [];

  constructor(name: string, maxRows: number) {
    super({ name, repetition_type: 'REQUIRED', type: 'INT64' }, maxRows);
  }

  protected override set(bytes: Buffer, start: number, end: number): void {
    this.#values.push(Number(bytes.toString('latin1', start, end)));
  }

  protected override writeValues(page: ByteWriter): void {
    deltaBinaryPack(page, this.#values, 'INT64');
    this.#values.length = 0;
  }
}

class Doubles extends ParquetColumn {
  readonly #values: Float64Array<ArrayBuffer>;

  constructor(name: string, maxRows: number) {
    super({ name, repetition_type: 'OPTIONAL', type: 'DOUBLE' }, maxRows);
    this.#values = new Float64Array(maxRows);
  }

  /** JavaScript reads `NaN`, `Infinity` and `-Infinity` as PostgreSQL prints them. */
  protected override set(bytes: Buffer, start: number, end: number): void {
    this.#values[this.count] = Number(bytes.toString('latin1', start, end));
  }

  protected override writeValues(page: ByteWriter): void {
    page.appendBytes(new Uint8Array(this.#values.buffer, 0, 8 * this.count));
  }
}

/** Texts that occur often, as positions in a dictionary of those in the row group. */
class Labels extends ParquetColumn {
  readonly #labels: readonly Buffer[];
  readonly #positions: Int32Array;
  /** The position of each label in the dictionary. */
  readonly #known = new Map<number, number>();

  constructor(name: string, labels: readonly Buffer[], maxRows: number) {
    super({ name, repetition_type: 'OPTIONAL', ...TEXT }, maxRows);
    this.#labels = labels;
    this.#positions = new Int32Array(maxRows);
  }

  protected override set(bytes: Buffer, start: number): void {
    const label = bytes.readInt32LE(start);
    let position = this.#known.get(label);
    if (position === undefined) {
      position = this.#known.size;
      this.#known.set(label, position);
    }
    this.#positions[this.count] = position;
  }

  protected override writeValues(page: ByteWriter): void {
    const bits = Math.ceil(Math.log2(Math.max(1, this.#known.size)));
    page.appendUint8(bits);
    writeRleBitPackedHybrid(page, this.#positions.subarray(0, this.count), bits);
    this.#known.clear();
  }

  protected override dictionary(): Buffer[] {
    return [...this.#known.keys()].flatMap((label) => this.#labels[label] ?? []);
  }
}

/** Texts that differ from row to row. */
class Texts extends ParquetColumn {
  #bytes = Buffer.allocUnsafeSlow(1024);
  #length = 0;

  constructor(name: string, maxRows: number) {
    super({ name, repetition_type: 'OPTIONAL', ...TEXT }, maxRows);
  }

  protected override set(bytes: Buffer, start: number, end: number): void {
    const room = this.#length + 4 + end - start;
    if (room > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * room);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    const out = this.#bytes;
    let at = this.#length + 4;
    let isPlain = true;
    for (let from = start; from < end; from++) {
      const byte = bytes[from] ?? 0;
      isPlain &&= byte !== BACKSLASH;
      out[at++] = byte;
    }
    if (!isPlain) {
      at = this.#length + 4 + out.write(unescapeCopyText(bytes.toString('utf8', start, end)), this.#length + 4);
    }
    out.writeInt32LE(at - this.#length - 4, this.#length);
    this.#length = at;
  }

  protected override writeValues(page: ByteWriter): void {
    page.appendBytes(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }
}
