/** A line of RECORD; signatures and RECORD itself have neither hash nor size. */
export interface RecordLine {
  path: string;
  hash: { algorithm: 'sha256' | 'sha384' | 'sha512'; digest: string } | undefined;
  size: number | undefined;
}

/** A CSV field, quoted or not, and its separator. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
const DIGEST = /^(sha256|sha384|sha512)=([A-Za-z0-9_-]+)$/;

/**
 * Parses RECORD: path, hash and size per line.
 * @see https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
 * @returns the lines, or what is wrong with the first invalid one
 */
export function parseRecord(text: string): RecordLine[] | { line: number; what: string } {
  const lines: RecordLine[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line === '') {
      continue;
    }
    const wrong = (what: string) => ({ line: at + 1, what });
    const fields = fieldsOf(line);
    if (fields?.length !== 3) {
      return wrong('does not have three fields');
    }
    const [path = '', hash = '', size = ''] = fields;
    const [, algorithm, digest = ''] = DIGEST.exec(hash) ?? [];
    if (hash !== '' && algorithm === undefined) {
      return wrong(`has the hash "${hash}", which is not SHA-256 or longer`);
    }
    if (!/^\d{0,15}$/.test(size)) {
      return wrong(`has the invalid size "${size}"`);
    }
    lines.push({
      path,
      hash: algorithm === undefined ? undefined : { algorithm: algorithm as 'sha256', digest },
      size: size === '' ? undefined : Number(size),
    });
  }
  return lines;
}

function fieldsOf(line: string): string[] | undefined {
  const fields: string[] = [];
  for (FIELD.lastIndex = 0; ; ) {
    const match = FIELD.exec(line);
    if (!match) {
      return undefined;
    }
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') {
      return fields;
    }
  }
}
