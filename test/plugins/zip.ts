import { crc32, deflateRawSync } from 'node:zlib';

/** An entry as it is to stand in an archive; what is left out is what a good archive would have. */
export interface ZipEntry {
  name: string | Buffer;
  content?: string | Buffer;
  /** Stored unless 8, which deflates; other methods only say so. */
  method?: number;
  /** The data as it stands in the archive, where it is not what the content is packed to. */
  packed?: Buffer;
  flags?: number;
  /** Unix mode, in the upper half of the external attributes. */
  mode?: number;
  extra?: Buffer;
  /** What the headers declare instead of the truth. */
  declared?: { size?: number; packed?: number; crc?: number };
  /** What the header before the data says instead. */
  local?: { name?: string; size?: number; packed?: number; crc?: number; method?: number; extra?: Buffer };
  /** Bytes of no entry before this one. */
  gap?: Buffer;
}

export interface ZipOptions {
  comment?: Buffer;
  /** Of the end record, instead of the truth. */
  end?: { entries?: number; size?: number; start?: number };
  /** Bytes between the last entry and the directory, and after all. */
  beforeDirectory?: Buffer;
  trailing?: Buffer;
  /** With a ZIP64 end record, which says the same. */
  zip64?: boolean;
}

const UTF8 = 0x0800;

/** A ZIP archive, good or bad, written from the format's specification alone. */
export function zipOf(entries: ZipEntry[], options: ZipOptions = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  const put = (bytes: Buffer) => {
    parts.push(bytes);
    at += bytes.length;
  };
  for (const entry of entries) {
    put(entry.gap ?? Buffer.alloc(0));
    const name = Buffer.isBuffer(entry.name) ? entry.name : Buffer.from(entry.name);
    const content = Buffer.isBuffer(entry.content) ? entry.content : Buffer.from(entry.content ?? '');
    const method = entry.method ?? 0;
    const packed = entry.packed ?? (method === 8 ? deflateRawSync(content) : content);
    const flags = entry.flags ?? (/[^\x20-\x7e]/.test(name.toString('latin1')) ? UTF8 : 0);
    const declared = { size: content.length, packed: packed.length, crc: crc32(content), ...entry.declared };
    const local = { method, ...declared, ...entry.local };
    const start = at;
    const localName = local.name === undefined ? name : Buffer.from(local.name);
    const extra = entry.extra ?? Buffer.alloc(0);
    const localExtra = local.extra ?? extra;
    const fields = (from: Omit<typeof local, 'extra'>, length: number, extraLength: number) => [
      ...[u16(20), u16(flags), u16(from.method), u16(0), u16(0x21), u32(from.crc), u32(from.packed), u32(from.size)],
      ...[u16(length), u16(extraLength)],
    ];
    put(
      Buffer.concat([
        u32(0x04034b50),
        ...fields(local, localName.length, localExtra.length),
        localName,
        localExtra,
        packed,
      ]),
    );
    directory.push(
      Buffer.concat([
        ...[
          u32(0x02014b50),
          u16(0x0314),
          ...fields({ method, ...declared }, name.length, extra.length),
          u16(0),
          u16(0),
          u16(0),
        ],
        ...[u32(((entry.mode ?? 0) << 16) >>> 0), u32(start), name, extra],
      ]),
    );
  }
  put(options.beforeDirectory ?? Buffer.alloc(0));
  const start = at;
  put(Buffer.concat(directory));
  const size = at - start;
  if (options.zip64) {
    const counts = [u64(entries.length), u64(entries.length), u64(size), u64(start)];
    const record = [u32(0x06064b50), u64(44), u16(45), u16(45), u32(0), u32(0), ...counts];
    put(Buffer.concat([...record, u32(0x07064b50), u32(0), u64(at), u32(1)]));
  }
  const end = { entries: entries.length, size, start, ...options.end };
  const comment = options.comment ?? Buffer.alloc(0);
  put(
    Buffer.concat([
      ...[u32(0x06054b50), u16(0), u16(0), u16(end.entries), u16(end.entries), u32(end.size), u32(end.start)],
      ...[u16(comment.length), comment, options.trailing ?? Buffer.alloc(0)],
    ]),
  );
  return Buffer.concat(parts);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value & 0xffff);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
