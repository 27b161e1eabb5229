import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { emailAddress } from '../../src/text/email-address.ts';

/** Addresses, and what email-validator 2.3 for Python returns for each at a log-in; null if it refuses the address. */
const RECORDED: [given: string, compared: string | null][] = JSON.parse(
  readFileSync(new URL('email-addresses.json', import.meta.url), 'utf8'),
);

function ours(given: string): string | null {
  try {
    return emailAddress(given, { specialUse: false });
  } catch {
    return null;
  }
}

test.each(RECORDED)('%j is compared as %j, as by the server', (given, compared) => {
  expect(ours(given)).toBe(compared);
});

test('what is compared stays the same when it is read again', () => {
  const accepted = RECORDED.flatMap(([, compared]) => compared ?? []);
  expect(accepted.map(ours)).toEqual(accepted);
});

test.each([
  ['Ada@LAB.Local', 'Ada@lab.local'],
  ['ada@rig.test', 'ada@rig.test'],
])('a special-use domain is accepted where no server refuses it: %s', (given, compared) => {
  expect(emailAddress(given, { specialUse: true })).toBe(compared);
});
