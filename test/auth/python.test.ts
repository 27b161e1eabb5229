import { spawnSync } from 'node:child_process';
import { afterAll, expect, test } from 'vitest';
import { aSite, columns } from '../support/site.ts';

/** As the server checks a log-in: with bcrypt, or, where Python has it not, with the C library's own bcrypt. */
const CHECK = `
import sys
password, hashed = sys.stdin.read().split('\\n')
try:
    import bcrypt
    print(bcrypt.checkpw(password.encode(), hashed.encode()))
except ImportError:
    import crypt
    print(crypt.crypt(password, hashed) == hashed)
`;

function checkedByPython(password: string, hash: string): boolean | undefined {
  const { stdout, status } = spawnSync('python3', ['-W', 'ignore', '-c', CHECK], {
    input: `${password}\n${hash}`,
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() === 'True' : undefined;
}

const PEPPER = { password: 'wrong horse', hash: '$2b$04$abcdefghijklmnopqrstuuFuXjVjVGCLXhvCHvhjr8YDhJPX1AmJi' };
const hasPython = checkedByPython(PEPPER.password, PEPPER.hash) !== undefined;
const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

test.skipIf(!hasPython)(
  'a user that was created is accepted by a bcrypt check in Python, and no other password is',
  async () => {
    const password = 'Zürich 17 °C';
    await site.run('users create ada --email ada@lab.org --password-stdin', { input: password });
    const { rows } = await site.pool.query(`select ${columns.password} as hash from users`);
    expect(checkedByPython(password, rows[0].hash)).toBe(true);
    expect(checkedByPython(`${password}!`, rows[0].hash)).toBe(false);
  },
);
