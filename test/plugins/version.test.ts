import { expect, test } from 'vitest';
import { compareVersions, fulfils, parseVersion, sameVersion } from '../../src/plugins/version.ts';

/** From the earliest to the latest, as the specification orders them. */
const ORDERED = [
  ...['0.9', '1.dev0', '1.0.dev456', '1.0a1', '1.0a2.dev456', '1.0a12.dev456', '1.0a12', '1.0b1.dev456', '1.0b2'],
  ...['1.0b2.post345.dev456', '1.0b2.post345', '1.0rc1.dev456', '1.0rc1', '1.0', '1.0+abc.5', '1.0+abc.7', '1.0+5'],
  ...['1.0.post456.dev34', '1.0.post456', '1.0.15', '1.1.dev1', '1.1', '1.10', '2.0', '2013.10', '1!0.1'],
];

test('versions are ordered as PEP 440 orders them', () => {
  const versions = ORDERED.map((text) => parseVersion(text));
  const shuffled = ORDERED.toSorted().map((text) => [text, parseVersion(text)] as const);
  expect(versions).not.toContain(undefined);
  const sorted = shuffled.toSorted(([, a], [, b]) => (a && b ? compareVersions(a, b) : 0)).map(([text]) => text);
  expect(sorted).toEqual(ORDERED);
});

test.each([
  ['1.0', '1.0.0'],
  ['1.0', 'v1'],
  ['1.0A1', '1.0.alpha-1'],
  ['1.0rc1', '1.0_c.1'],
  ['1.0rc0', '1.0pre'],
  ['1.0-1', '1.0.post1'],
  ['1.0.post0', '1.0rev'],
  ['1.0.dev0', '1.0-DEV'],
  ['01.02', '1.2'],
  ['0!1', '1'],
  ['1.0+Ubuntu-1', '1.0+ubuntu.1'],
])('%s and %s are the same version', (a, b) => {
  expect(sameVersion(a, b)).toBe(true);
});

test.each([
  '',
  'latest',
  '1..0',
  '1.0+',
  '1.0+a..b',
  '1.0x',
  '1.0 ',
  '!1',
  '1.0-',
  '-1',
  '1'.repeat(51),
  `1.${'1'.repeat(16)}`,
])('"%s" is not a version', (text) => {
  expect(parseVersion(text)).toBeUndefined();
});

test.each([
  ['1.0+4e10', '1.0+40000000000'],
  ['1.0+0x1f', '1.0+31'],
  ['1.123456789012345678901', '1.123456789012345678902'],
])('%s and %s are two versions', (a, b) => {
  expect(sameVersion(a, b)).toBe(false);
});

/** What pip 23 does with these, on Python 3.11.7. */
test.each([
  ['>=3.99', false],
  ['<3', false],
  ['!=3.11.*', false],
  ['>=3.8, !=3.9.*', true],
  ['~=3.11', true],
  ['>=3.11.0rc1', true],
  ['===3.11.7', true],
  ['>=3.8,', true],
  ['nonsense', true],
  ['3.11', true],
])('Python 3.11.7 fulfils "%s": %s', (requirement, expected) => {
  expect(fulfils('3.11.7', requirement)).toBe(expected);
});
