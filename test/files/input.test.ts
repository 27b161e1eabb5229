import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { InvalidInputError, NotFoundError } from '../../src/errors.ts';
import { readBytes, readJsonObject, readText } from '../../src/files/input.ts';
import { temporaryDirectory } from '../support/program.ts';

const directory = temporaryDirectory();
afterAll(() => directory[Symbol.dispose]());

function aFile(name: string, content: string | Buffer): string {
  const path = join(directory.path, name);
  writeFileSync(path, content);
  return path;
}

const options = () => ({ maxBytes: 20, stdin: Readable.from([Buffer.from('\ufefffrom standard input')]) });

test('text is read without its byte order mark, from a file or standard input, and bytes unchanged', async () => {
  const path = aFile('marked.txt', '\ufeffä line\r\n');
  expect(await readText(path, options())).toBe('ä line\r\n');
  expect(await readBytes(path, options())).toEqual(Buffer.from('\ufeffä line\r\n'));
  expect(await readText('-', { ...options(), maxBytes: 100 })).toBe('from standard input');
  await expect(readText('-', { maxBytes: 20 })).rejects.toThrow('The file - does not exist.');
});

test('a JSON object keeps its text, except for surrounding blanks', async () => {
  const path = aFile('marked.json', '\ufeff {"a": 1.00}\n');
  expect(await readJsonObject(path, options(), '{}')).toBe('{"a": 1.00}');
});

test.each([
  ['missing', 'nothing', undefined, NotFoundError, 'does not exist'],
  ['below a file', 'text/x', undefined, NotFoundError, 'does not exist'],
  ['a directory', 'folder', undefined, InvalidInputError, 'is a directory.'],
  ['of a name that is too long', 'x'.repeat(300), undefined, InvalidInputError, 'is too long'],
  ['too large', 'large', 'x'.repeat(21), InvalidInputError, 'is too large: at most 20 bytes.'],
  ['in Latin-1', 'latin', Buffer.from('{"a": "\xe4"}', 'latin1'), InvalidInputError, 'is not valid UTF-8.'],
  ['in UTF-16', 'wide', Buffer.from('\ufeff{}', 'utf16le'), InvalidInputError, 'is UTF-16, not text in UTF-8.'],
  [
    'an xz file',
    'a.json.xz',
    Buffer.from('\xfd7zXZ\0', 'latin1'),
    InvalidInputError,
    'is compressed with xz, not text',
  ],
  ['binary', 'binary', 'a\0b', InvalidInputError, 'contains a NUL character.'],
  [
    'compressed, by its name',
    'a.json.GZ',
    gzipSync('{}'),
    InvalidInputError,
    'is compressed; only data to import may be compressed.',
  ],
  ['not JSON', 'not.json', '{a}', InvalidInputError, 'is not valid JSON: '],
  ['a list', 'list.json', '[]', InvalidInputError, 'is not a JSON object.'],
])('a file is refused that is %s', async (_what, name, content, kind, message) => {
  mkdirSync(join(directory.path, 'folder'), { recursive: true });
  aFile('text', '{}');
  const path = content === undefined ? join(directory.path, name) : aFile(name, content);
  const refused = readJsonObject(path, options(), '{}');
  await expect(refused).rejects.toThrow(kind);
  await expect(refused).rejects.toThrow(message);
});
