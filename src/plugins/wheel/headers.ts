/** Headers in the format of e-mail: the values of each lowercase name, in order. */
export type Headers = Map<string, string[]>;

/**
 * Parses the headers of METADATA and WHEEL, up to the first empty line, which starts the description.
 * @see https://packaging.python.org/en/latest/specifications/core-metadata/
 */
export function parseHeaders(text: string): Headers {
  const headers: Headers = new Map();
  let last: string[] | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (line === '') {
      break;
    }
    const [, name, value = ''] = /^([^\s:]+):[ \t]*(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      const key = name.toLowerCase();
      last = headers.get(key) ?? [];
      last.push(value.trim());
      headers.set(key, last);
    } else if (last && /^[ \t]/.test(line)) {
      last.push(`${last.pop()}\n${line.trim()}`);
    }
  }
  return headers;
}
