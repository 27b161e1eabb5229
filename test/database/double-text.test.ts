import { expect, test } from 'vitest';
import { doubleText } from '../../src/database/double-text.ts';
import { emptyDatabase } from '../support/database.ts';

/** Doubles of all sizes, and those at the ends of notations and of binary and decimal powers. */
function doubles(): number[] {
  const bits = new DataView(new ArrayBuffer(8));
  const random = Array.from({ length: 10_000 }, () => {
    bits.setBigUint64(0, BigInt(Math.floor(Math.random() * 2 ** 32)) << 32n);
    bits.setUint32(4, Math.random() * 2 ** 32);
    return bits.getFloat64(0);
  });
  const powers = Array.from({ length: 2098 }, (_, at) => 2 ** (at - 1074)).flatMap((power) => [power, -3 * power]);
  const decimals = Array.from({ length: 632 }, (_, at) => [Number(`1e${at - 323}`), Number(`-9.5e${at - 323}`)]).flat();
  const whole = Array.from({ length: 5000 }, () => Math.floor(Math.random() * 2 ** 60));
  return [...random.filter((double) => !Number.isNaN(double)), ...powers, ...decimals, ...whole, 0, 1e23, 1 / 3];
}

test('a double has the text that PostgreSQL prints', async () => {
  await using database = await emptyDatabase();
  const numbers = doubles();
  const { rows } = await database.pool.query<{ text: string }>(
    'select n::text as text from unnest($1::float8[]) as n',
    [numbers.map(String)],
  );
  expect(numbers.map(doubleText)).toEqual(rows.map(({ text }) => text));
  expect([-0, Number.NaN, -Infinity].map(doubleText)).toEqual(['-0', 'NaN', '-Infinity']);
});
