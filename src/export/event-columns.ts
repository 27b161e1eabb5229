import { escapeCopyText } from '../database/copy-escape.ts';

export interface EventRow {
  public_id: string;
  name: string;
  unit: string | null;
}

/** The columns of a CSV row that describe its event, as bytes ready to be copied. */
interface EventBytes {
  key: Buffer;
  /** `,name,public_id,` */
  beforeValue: Buffer;
  /** `,unit,` */
  afterValue: Buffer;
}

/** Finds the columns of an event by its public_id in the bytes of a row, without making a string per row. */
export class EventColumns {
  readonly #byHash = new Map<number, [EventBytes, ...EventBytes[]]>();
  /** The number of bytes of the longest columns. */
  readonly longest: number = 0;

  constructor(events: readonly EventRow[]) {
    for (const event of events) {
      const columns = {
        key: Buffer.from(escapeCopyText(event.public_id)),
        beforeValue: Buffer.from(`,${csvField(event.name)},${csvField(event.public_id)},`),
        afterValue: Buffer.from(`,${csvField(event.unit)},`),
      };
      const hash = hashOf(columns.key, 0, columns.key.length);
      this.#byHash.set(hash, [columns, ...(this.#byHash.get(hash) ?? [])]);
      this.longest = Math.max(this.longest, columns.beforeValue.length + columns.afterValue.length);
    }
  }

  /** Never fails: the foreign key and the shared snapshot guarantee that every event of a row is known. */
  find(bytes: Buffer, start: number, end: number): EventBytes {
    const found = this.#byHash.get(hashOf(bytes, start, end));
    if (found?.length === 1) {
      return found[0];
    }
    const same = found?.find((event) => event.key.compare(bytes, start, end) === 0);
    if (same === undefined) {
      throw new Error(`No event has the public_id ${bytes.toString('utf8', start, end)}`);
    }
    return same;
  }
}

/** Quotes as COPY does in CSV: if the value contains a comma, a quote or a line end, or is empty but not NULL. */
export function csvField(value: string | null): string {
  if (value === null) {
    return '';
  }
  return value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) {
    hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
  }
  return hash;
}
