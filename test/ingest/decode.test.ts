import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.ts';
import { decode } from '../../src/ingest/decode.ts';

/** Decodes bytes in pieces of a few bytes, after a first one that is longer. */
async function decoded(
  bytes: Buffer,
  encoding?: string,
  pieceBytes = 4097,
): Promise<{ text: string; notes: string[] }> {
  const notes: string[] = [];
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) =>
    bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes),
  );
  let text = '';
  for await (const piece of decode(Readable.from(pieces), { encoding, note: (note) => notes.push(note) })) {
    text += piece;
  }
  return { text, notes };
}

const HEADER = 'Zeit;Drück "€"\n';
const TABLE = `${HEADER}${'2026-01-01T00:00:00Z;1,5\n'.repeat(1000)}`;
const CP1252 = Buffer.from(TABLE.replace('€', '\x80'), 'latin1');
const LE = Buffer.from(TABLE, 'utf16le');
const BE = Buffer.from(LE).swap16();
const marked = (mark: string, bytes: Buffer) => Buffer.concat([Buffer.from(mark, 'hex'), bytes]);

describe('text is decoded', () => {
  test.each<[what: string, bytes: Buffer, encoding: string | undefined, note: string | undefined]>([
    ['in UTF-8', Buffer.from(TABLE), undefined, undefined],
    ['in UTF-8 with a mark', marked('efbbbf', Buffer.from(TABLE)), undefined, undefined],
    ['in UTF-16 with a mark', marked('fffe', LE), undefined, undefined],
    ['in UTF-16, the other bytes first', marked('feff', BE), undefined, undefined],
    ['in UTF-16 without a mark, which is said', LE, undefined, 'read as utf-16le, as its NUL bytes show'],
    ['in UTF-16 of either kind by its name', BE, 'utf-16', undefined],
    ['in what is asked for', CP1252, 'windows-1252', undefined],
    ['by another label', CP1252, 'latin1', undefined],
    ['as its mark says, not as asked for', marked('fffe', LE), 'latin1', 'as its byte order mark says, not as windows'],
  ])('%s', async (_what, bytes, encoding, note) => {
    for (const pieceBytes of [3, 4097]) {
      const { text, notes } = await decoded(bytes, encoding, pieceBytes);
      expect(text).toBe(TABLE);
      expect(notes).toEqual(note === undefined ? [] : [expect.stringContaining(note)]);
    }
  });

  test('with any number of bytes in a piece, of any decoder', async () => {
    const bytes = Buffer.from(`${'a'.repeat(5000)}\n\u{1f600}ä\n`);
    for (const size of [1, 2, 3, 5]) {
      expect((await decoded(bytes, undefined, size)).text).toBe(bytes.toString());
    }
    expect((await decoded(Buffer.from('8376838c83620a', 'hex'), 'shift_jis', 1)).text).toBe('プレッ\n');
  });

  test('with line feeds for bare carriage returns, if the first lines end in them', async () => {
    expect((await decoded(Buffer.from('a,b\r1,2\r'))).text).toBe('a,b\n1,2\n');
    expect((await decoded(Buffer.from('a,b\r\n1,2\r\n'), undefined, 4)).text).toBe('a,b\r\n1,2\r\n');
    expect((await decoded(Buffer.from('a,"b\rc"\n1,2\n'))).text).toBe('a,"b\rc"\n1,2\n');
  });

  test('with at most 4096 NUL bytes in a row, within a piece and across many', async () => {
    const nuls = (count: number) => '\0'.repeat(count);
    const bytes = Buffer.from(`a,b\n${nuls(3)}\n1,2\n${nuls(1_000_000)}\n${nuls(10_000)}x${nuls(5000)}\n`);
    for (const size of [100, 5000, 2_000_000]) {
      const { text } = await decoded(bytes, undefined, size);
      expect(text === `a,b\n${nuls(3)}\n1,2\n${nuls(4096)}\n${nuls(4096)}x${nuls(4096)}\n`).toBe(true);
    }
  });
});

describe('bytes that are not text are refused with their line', () => {
  const good = '2026-01-01T00:00:00Z,1\n';
  test.each<[what: string, bytes: Buffer, encoding: string | undefined, message: string, hint: RegExp]>([
    ['in the header', Buffer.from('Dr\xfcck,b\n', 'latin1'), undefined, 'Line 1 is not UTF-8', /encoding windows-1252/],
    [
      'far below',
      Buffer.concat([Buffer.from(good.repeat(1000)), Buffer.from('Dr\xfcck\n', 'latin1'), Buffer.from([0xff])]),
      undefined,
      'Line 1001 is not UTF-8 text.',
      /--encoding windows-1252/,
    ],
    [
      'after other characters that are',
      Buffer.concat([Buffer.from(`Drück\n${good.repeat(1000)}`), Buffer.from([0xff])]),
      undefined,
      'Line 1002 is not UTF-8 text.',
      /^Characters before it are valid, so that line is damaged/,
    ],
    [
      'half of a pair in UTF-16',
      Buffer.from(`\ufeff${good.repeat(400)}\u{1f600}\n\ud83d!\n`, 'utf16le'),
      undefined,
      'Line 402 is not UTF-16LE text.',
      /damaged/,
    ],
    [
      'in another encoding',
      Buffer.from('a\n\xff\xff\n', 'latin1'),
      'shift_jis',
      'Line 2 is not SHIFT_JIS',
      /windows-1252/,
    ],
    [
      'at the end',
      Buffer.from('ä\nä').subarray(0, -1),
      undefined,
      'within a character of UTF-8, in line 2',
      /truncated/,
    ],
    ['with bare returns', Buffer.from('a\rb\r\xff', 'latin1'), undefined, 'Line 3 is not UTF-8', /windows-1252/],
  ])('%s', async (_what, bytes, encoding, message, hint) => {
    for (const size of [1, 3, 4097, 1_000_000]) {
      const refused = decoded(bytes, encoding, size);
      await expect(refused).rejects.toThrow(InvalidInputError);
      await expect(refused).rejects.toMatchObject({
        message: expect.stringContaining(message),
        hint: expect.stringMatching(hint),
      });
    }
  });

  test.each(['cp437', 'cp850', 'utf7', '', 'x\u001b'])('with the unknown encoding %j', async (encoding) => {
    await expect(decoded(Buffer.from('a'), encoding)).rejects.toMatchObject({
      message: expect.stringMatching(/^Unknown encoding "[^\u001b]*"\.$/),
      hint: expect.stringContaining('iconv'),
    });
  });
});
