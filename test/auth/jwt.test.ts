import { afterAll, expect, test } from 'vitest';
import { expirySql } from '../../src/auth/jwt.ts';
import { freshDatabase } from '../support/database.ts';
import { aJwt } from '../support/tokens.ts';

const database = await freshDatabase();
afterAll(() => database[Symbol.asyncDispose]());

async function expiry(token: string): Promise<string | null> {
  const { rows } = await database.pool.query(
    `select ${expirySql('t.token')}::text as expiry from (select $1::text as token) t`,
    [token],
  );
  return rows[0].expiry;
}

test.each<[string, string, string | null]>([
  ['as the server makes it', aJwt({ sub: 'a', exp: 1790000000, iat: 1 }), '1790000000'],
  ['with blanks', aJwt('{ "exp" : 5 , "iat" : 1 }'), '5'],
  ['with a fraction', aJwt({ exp: 1.5 }), '1.5'],
  ['with an exponent', aJwt('{"exp":1e9}'), '1000000000'],
  ['before 1970', aJwt({ exp: -5 }), '-5'],
  ['of 300 digits', aJwt(`{"exp":${'9'.repeat(300)}}`), '9'.repeat(300)],
  ['that is too large for a number', aJwt('{"exp":1e999999}'), 'Infinity'],
  ['that is text with a number', aJwt({ exp: '123' }), '123'],
  ['that is text', aJwt({ exp: 'never' }), 'Infinity'],
  ['that is null', aJwt({ exp: null }), 'Infinity'],
  ['that is an object', aJwt({ exp: { exp: 1 } }), 'Infinity'],
  ['that is missing', aJwt({ sub: 'a' }), 'Infinity'],
  ['that only a nested object has', aJwt({ a: { exp: 1 } }), 'Infinity'],
  ['that a text pretends', aJwt({ a: '"exp":1', exp: 99 }), '99'],
  ['given twice', aJwt('{"exp":1,"exp":2}'), '2'],
  ['beside a NUL byte', aJwt('{"sub":"\0","exp":99}'), '99'],
  ['beside an escaped NUL', aJwt('{"sub":"\\u0000","exp":99}'), '99'],
  ['beside half a surrogate', aJwt('{"sub":"\\ud800","exp":99}'), '99'],
  ['beside backslashes', aJwt({ sub: '\\123\\u0000\\\\', exp: 99 }), '99'],
  ['beside letters that are not ASCII', aJwt({ sub: 'jörg 😀', exp: 99 }), '99'],
  ['beside bytes that are not UTF-8', aJwt(Buffer.from('{"sub":"j\xf6rg","exp":99}', 'latin1')), '99'],
  ['with padding', `a.${Buffer.from('{"exp":77}').toString('base64')}.b`, '77'],
])('reads an exp %s', async (_what, token, expected) => {
  expect(await expiry(token)).toBe(expected);
});

test.each([
  ['an empty text', ''],
  ['a word', 'opaque'],
  ['two parts', 'a.eyJleHAiOjd9'],
  ['four parts', 'a.eyJleHAiOjd9.b.c'],
  ['dots', '..'],
  ['a payload that is not base64', 'a.{}.b'],
  ['half a byte', 'a.A.b'],
  ['padding in the middle', 'a.QQ=Q.b'],
  ['random bytes', aJwt(Buffer.from([0, 255, 254, 1, 2, 3]))],
  ['an array', aJwt('[{"exp":1}]')],
  ['a number', aJwt('5')],
  ['broken JSON', aJwt('{"exp":99')],
  ['more than JSON', aJwt('{"exp":99} x')],
  ['NaN', aJwt('{"exp":NaN}')],
  ['much nesting', aJwt('['.repeat(300))],
])('does not treat %s as a JWT', async (_what, token) => {
  expect(await expiry(token)).toBe(null);
});
