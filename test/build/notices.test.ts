import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { thirdPartyNotices } from '../../src/build/notices.ts';
import { temporaryDirectory } from '../support/program.ts';

/** The notices of a bundle that holds a file of one package with these files. */
function noticesOf(files: Record<string, string>): string {
  using folder = temporaryDirectory();
  for (const [name, text] of Object.entries({ 'package.json': aManifest('MIT'), ...files })) {
    const path = join(folder.path, 'node_modules', '@lab', 'pump', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return thirdPartyNotices(folder.path, ['src/main.ts', 'node_modules/@lab/pump/lib/a.js']);
}

function aManifest(license: string): string {
  return JSON.stringify({ name: '@lab/pump', version: '1.2.3', license });
}

test('a licence is taken from its file', () => {
  const notices = noticesOf({ 'license.txt': 'Copyright Ada' });
  expect(notices).toContain('@lab/pump 1.2.3 (MIT)\n\nCopyright Ada\n');
});

test('without a file it is taken from the section of the README', () => {
  const readme = '# Pump\n\n## License\n\nCopyright Ada\n\nPermission …\n\n## Changes\n\nmany\n';
  expect(noticesOf({ 'README.md': readme })).toMatch(/\(MIT\)\n\nCopyright Ada\n\nPermission …\n$/);
});

test.each([
  ['without a licence', { 'README.md': '# Pump\n' }],
  ['whose licence names nobody', { LICENSE: 'MIT' }],
  ['under a licence that has not been reviewed', { 'package.json': aManifest('GPL-3.0'), LICENSE: 'Copyright Ada' }],
])('a package %s fails the build', (_what, files) => {
  expect(() => noticesOf(files)).toThrow(/node_modules\/@lab\/pump/);
});

test('the notices of this build name the packages of program, prompts and library', () => {
  const built = readFileSync(fileURLToPath(new URL('../../THIRD-PARTY-NOTICES', import.meta.url)), 'utf8');
  for (const name of ['@mikro-orm/core', 'pg', 'pgpass', 'uplot', 'commander', '@inquirer/core', 'mute-stream']) {
    expect(built).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((MIT|ISC)\\)$`, 'm'));
  }
});
