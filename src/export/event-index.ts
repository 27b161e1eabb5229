import { escapeCopyText, fieldEnd } from '../database/copy-escape.ts';

const HASHED_BYTES = 8;

/** Finds the position of an event in a list by its public_id in the bytes of a row, without making a string per row. */
export class EventIndex {
  readonly #byHash = new Map<number, [IndexedKey, ...IndexedKey[]]>();
  /** How long each key is at least. */
  readonly #shortest: number;

  constructor(publicIds: readonly string[]) {
    for (const [position, publicId] of publicIds.entries()) {
      const indexed = { key: Buffer.from(escapeCopyText(publicId)), position };
      const hash = hashOf(indexed.key, 0, indexed.key.length);
      this.#byHash.set(hash, [indexed, ...(this.#byHash.get(hash) ?? [])]);
    }
    const lengths = publicIds.map((publicId) => Buffer.byteLength(escapeCopyText(publicId)));
    this.#shortest = lengths.reduce((least, length) => Math.min(least, length), lengths[0] ?? 0);
  }

  /** Returns where the public_id of an event of the list ends that starts there. */
  end(bytes: Buffer, start: number): number {
    return fieldEnd(bytes, start + this.#shortest);
  }

  /** Never fails: the foreign key and the shared snapshot guarantee that every event of a row is known. */
  find(bytes: Buffer, start: number, end: number): number {
    const found = this.#byHash.get(hashOf(bytes, start, end));
    if (found?.length === 1) {
      return found[0].position;
    }
    const same = found?.find(({ key }) => key.compare(bytes, start, end) === 0);
    if (same === undefined) {
      throw new Error(`No event has the public_id ${bytes.toString('utf8', start, end)}`);
    }
    return same.position;
  }
}

interface IndexedKey {
  key: Buffer;
  position: number;
}

/** Of the last bytes only: those of UUIDs differ. */
function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0;
  for (let at = Math.max(start, end - HASHED_BYTES); at < end; at++) {
    hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
  }
  return hash;
}
