import { compare, getRounds } from 'bcryptjs';
import { expect, test } from 'vitest';
import { generatePassword, hashPassword } from '../../src/auth/password.ts';
import { InvalidInputError } from '../../src/errors.ts';

test('a hash is what the server checks at log-in: bcrypt 2b at cost 12', async () => {
  const hash = await hashPassword('correct horse');
  expect(hash).toMatch(/^\$2b\$12\$/);
  expect(getRounds(hash)).toBe(12);
  expect(await compare('correct horse', hash)).toBe(true);
});

test.each([
  ['too short', 'sevench'],
  ['over 72 bytes', 'x'.repeat(73)],
  ['72 characters of more bytes', 'ä'.repeat(72)],
  ['with a NUL', 'longenough\0x'],
])('a password is refused that is %s', async (_what, password) => {
  await expect(hashPassword(password)).rejects.toThrow(InvalidInputError);
});

test('generated passwords fit and differ', () => {
  const passwords = new Set(Array.from({ length: 100 }, generatePassword));
  expect(passwords.size).toBe(100);
  expect([...passwords].every((password) => /^[A-Za-z2-9]{20}$/.test(password))).toBe(true);
});
