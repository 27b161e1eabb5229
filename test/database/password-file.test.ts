import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { passwordFromFile } from '../../src/database/password-file.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { temporaryDirectory } from '../support/program.ts';

function found(content: string | Buffer, url = 'postgresql://alice@db.lab:5433/webmacs', mode = 0o600) {
  using home = temporaryDirectory();
  const file = join(home.path, '.pgpass');
  writeFileSync(file, content);
  chmodSync(file, mode);
  const target = targetFromUrl(url, { HOME: home.path }, 'the test');
  const [host = { name: '', port: 0 }] = target.hosts;
  return passwordFromFile(target, host);
}

test.each([
  ['db.lab:5433:webmacs:alice:pw', 'pw'],
  ['*:*:*:*:pw\r\n', 'pw'],
  ['# db.lab:5433:webmacs:alice:no\n\ndb.lab:5433:other:alice:no\ndb.lab:*:webmacs:alice:pw\n*:*:*:*:late', 'pw'],
  ['db.lab:5433:webmacs:alice:a\\:b\\\\c', 'a:b\\c'],
  ['db.lab:5433:webmacs:alice:pw:rest', 'pw'],
  ['db.lab:5433:webmacs:alice: p#w ', ' p#w '],
])('%j has the password %j', (content, password) => {
  expect(found(content)).toEqual({ password });
});

test.each(['db.lab:5432:webmacs:alice:pw', 'db.la:*:*:*:pw', 'db.lab:5433:webmacs:alice', ''])(
  '%j has none',
  (content) => {
    expect(found(content)).toEqual({});
  },
);

test.each([
  ['localhost:*:*:*:pw', 'postgresql://a@/d?host=/var/run/postgresql'],
  ['/run/lab:*:*:*:pw', 'postgresql://a@/d?host=/run/lab'],
  ['db.lab:*:*:*:pw', 'postgresql://a@db.lab/d?hostaddr=10.0.0.1'],
  ['10.0.0.1:*:*:*:pw', 'postgresql://a@/d?hostaddr=10.0.0.1'],
  ['\\:\\:1:*:*:*:pw', 'postgresql://a@[::1]/d'],
  ['*:*:a\\:b:*:pw', 'postgresql://a@h/a%3Ab'],
])('%s fits %s', (content, url) => {
  expect(found(content, url)).toEqual({ password: 'pw' });
});

test('a file that others may read is not used', () => {
  expect(found('*:*:*:*:pw', undefined, 0o640)).toEqual({
    problem: expect.stringMatching(
      /^password file ".*" has group or world access; permissions should be u=rw \(0600\)/,
    ),
    remedy: 'Run "chmod 0600" on the password file',
  });
});

test('a password that is not UTF-8 is not used: libpq would send its bytes, but the driver sends UTF-8', () => {
  const content = Buffer.from('h:*:*:*:other\ndb.lab:*:*:*:p\xe8w\n', 'latin1');
  expect(found(content)).toEqual({
    problem: expect.stringMatching(/^password file ".*" is not valid UTF-8$/),
    remedy: 'Save the password file as UTF-8 text',
  });
  expect(found(content, 'postgresql://a@h/d')).toEqual({ password: 'other' });
});

test('something else than a file is not used, and one that is not there is nothing to report', () => {
  using home = temporaryDirectory();
  mkdirSync(join(home.path, '.pgpass'));
  const at = (HOME: string) => {
    const target = targetFromUrl('postgresql://a@h/d', { HOME }, 'the test');
    return passwordFromFile(target, { name: 'h', port: 5432 });
  };
  expect(at(home.path)).toMatchObject({ problem: expect.stringContaining('is not a plain file') });
  expect(at('/nonexistent')).toEqual({});
});
