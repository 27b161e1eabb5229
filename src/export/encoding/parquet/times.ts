import { InvalidInputError } from '../../../errors.ts';
import { InstantReader } from '../../instant.ts';

/** Reads times in UTC as microseconds since 1970. */
export class Microseconds {
  readonly #instant = new InstantReader();

  /** @throws InvalidInputError for `infinity`, and if they do not fit into 64 bits */
  read(bytes: Buffer, start: number, end: number): bigint {
    const { seconds, micros } = this.#read(bytes, start, end);
    const all = seconds * 1_000_000 + micros;
    if (Number.isSafeInteger(all)) {
      return BigInt(all);
    }
    const exact = BigInt(seconds) * 1_000_000n + BigInt(micros);
    return BigInt.asIntN(64, exact) === exact ? exact : refuse(bytes, start, end);
  }

  #read(bytes: Buffer, start: number, end: number): InstantReader {
    return this.#instant.read(bytes, start, end) ? this.#instant : refuse(bytes, start, end);
  }
}

function refuse(bytes: Buffer, start: number, end: number): never {
  throw new InvalidInputError(`Parquet cannot hold the time "${bytes.toString('latin1', start, end)}".`, {
    hint: 'Leave it out with --from or --to, or export to CSV.',
  });
}
