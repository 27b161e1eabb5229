import { expect, test } from 'vitest';
import {
  describeTarget,
  environmentNamesServer,
  targetFromEnvironment,
  targetFromUrl,
} from '../../src/database/target.ts';
import { tlsAttempts } from '../../src/database/tls.ts';
import { InvalidInputError } from '../../src/errors.ts';

const target = (url: string, environment = {}) => targetFromUrl(url, environment, 'DATABASE_URL');

test.each(['postgres', 'postgresql', 'postgresql+asyncpg', 'postgresql+psycopg2'])('%s:// is understood', (scheme) => {
  expect(target(`${scheme}://alice:p%40ss@db.lab:5433/webmacs`)).toMatchObject({
    host: 'db.lab',
    port: 5433,
    user: 'alice',
    password: 'p@ss',
    database: 'webmacs',
    sslMode: 'prefer',
  });
});

test.each([
  ['ssl=require', 'require'],
  ['ssl=true', 'require'],
  ['ssl=disable', 'disable'],
  ['sslmode=verify-full', 'verify-full'],
])('%s means sslmode %s', (parameter, mode) => {
  expect(target(`postgresql+asyncpg://u@h/d?${parameter}`).sslMode).toBe(mode);
});

test('what a URL leaves out comes from the PG* variables', () => {
  const found = target('postgresql://db.lab/webmacs', { PGUSER: 'bob', PGPASSWORD: 'secret', PGPORT: '6000' });
  expect(found).toMatchObject({ user: 'bob', password: 'secret', port: 6000, host: 'db.lab' });
});

test('a socket directory is given as a host parameter', () => {
  expect(target('postgresql://u@/d?host=/run/x&port=7000')).toMatchObject({ host: '/run/x', port: 7000 });
});

test.each([
  'mysql://u:sekret@h/d',
  'nonsense sekret',
  'postgresql://u:sekret@h:99999/d',
  'postgresql://u:sekret@h/d?sslmode=maybe',
])('a wrong URL is refused without repeating its secret: %s', (url) => {
  expect(() => target(url)).toThrow(InvalidInputError);
  expect(() => target(url)).not.toThrow(/sekret/);
});

test('a password alone names no server', () => {
  expect(environmentNamesServer({ PGPASSWORD: 'x' })).toBe(false);
  expect(environmentNamesServer({ PGHOST: 'x' })).toBe(true);
});

test('a service file is refused, not ignored', () => {
  expect(() => targetFromEnvironment({ PGSERVICE: 'lab' })).toThrow(InvalidInputError);
});

test('a target is described without its password', () => {
  expect(describeTarget(target('postgresql://alice:sekret@db.lab/webmacs'))).toBe(
    'postgresql://alice@db.lab:5432/webmacs',
  );
});

test('each sslmode tries what libpq would, in its order', async () => {
  const attempts = async (mode: string, more = '') =>
    (await tlsAttempts(target(`postgresql://u@h/d?sslmode=${mode}${more}`))).map((tls) =>
      tls ? `tls${tls.rejectUnauthorized ? ' verified' : ''}` : 'plain',
    );
  expect(await attempts('disable')).toEqual(['plain']);
  expect(await attempts('allow')).toEqual(['plain', 'tls']);
  expect(await attempts('prefer')).toEqual(['tls', 'plain']);
  expect(await attempts('require')).toEqual(['tls']);
  expect(await attempts('verify-full', '&sslrootcert=system')).toEqual(['tls verified']);
  await expect(attempts('verify-full')).rejects.toThrow('needs a root certificate');
  expect(await tlsAttempts(target('postgresql://u@/d?host=/run/x'))).toEqual([false]);
});
