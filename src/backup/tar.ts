/** Everything in a tar file is a multiple of this. */
export const BLOCK = 512;
/** Two empty blocks. */
export const END_OF_TAR = Buffer.alloc(2 * BLOCK);

/** Returns how many zeros follow an entry. */
export function padding(bytes: number): number {
  return (BLOCK - (bytes % BLOCK)) % BLOCK;
}

/**
 * Writes the header of a file that only its owner may read, as one block.
 * @param name at most 100 bytes of ASCII
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 */
export function writeHeader(into: Buffer, name: string, bytes: number, modified: Date): void {
  into.fill(0, 0, BLOCK);
  const field = (at: number, text: string) => void into.write(text, at, 'latin1');
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  field(0, name);
  field(100, `${octal(0o600, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`);
  field(124, `${octal(bytes, 11)}\0${octal(Math.floor(modified.getTime() / 1000), 11)}\0`);
  field(148, ' '.repeat(8));
  field(156, '0');
  field(257, 'ustar\x0000');
  const sum = into.subarray(0, BLOCK).reduce((total, byte) => total + byte, 0);
  field(148, `${octal(sum, 6)}\0 `);
}

/** Returns the name and the size in a header. */
export function readHeader(header: Buffer): { name: string; bytes: number } {
  const field = (at: number, length: number) => header.toString('latin1', at, at + length).replace(/\0.*$/s, '');
  return { name: field(0, 100), bytes: Number.parseInt(field(124, 12), 8) };
}
