import { escapeCopyText } from '../database/copy-escape.ts';

/** Finds the position of an event in a list by its public_id in the bytes of a row, without making a string per row. */
export class EventIndex {
  readonly #byHash = new Map<number, [IndexedKey, ...IndexedKey[]]>();

  constructor(publicIds: readonly string[]) {
    for (const [position, publicId] of publicIds.entries()) {
      const indexed = { key: Buffer.from(escapeCopyText(publicId)), position };
      const hash = hashOf(indexed.key, 0, indexed.key.length);
      this.#byHash.set(hash, [indexed, ...(this.#byHash.get(hash) ?? [])]);
    }
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

function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) {
    hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
  }
  return hash;
}
