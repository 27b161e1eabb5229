import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findBinaries } from '../../../src/database/embedded-server/binaries.ts';
import { openLog } from '../../../src/database/embedded-server/log.ts';
import { readPassword, writeMarker, writePassword } from '../../../src/database/embedded-server/marker.ts';
import { isRoot, Place } from './place.ts';

/** A directory for the embedded server, and a file outside of it. */
function aPlaceAndAFile() {
  const place = new Place();
  mkdirSync(place.directory);
  const precious = join(place.root, 'precious');
  writeFileSync(precious, 'precious');
  return { place, precious };
}

test('what the program writes replaces a link and does not follow it', async () => {
  const { place, precious } = aPlaceAndAFile();
  using _place = place;
  symlinkSync(precious, place.paths.marker);
  symlinkSync(precious, place.paths.password);
  await writeMarker(place.paths, { port: 5433 });
  await writePassword(place.paths, 'secret');
  expect(readFileSync(precious, 'utf8')).toBe('precious');
  expect(readPassword(place.paths)).toBe('secret');
  expect(statSync(place.paths.password).mode & 0o777).toBe(0o600);
});

test('a link is not taken for the password, nor for the log', () => {
  const { place, precious } = aPlaceAndAFile();
  using _place = place;
  symlinkSync(precious, place.paths.password);
  symlinkSync(precious, place.paths.log);
  expect(readPassword(place.paths)).toBeUndefined();
  expect(() => openLog(place.paths)).toThrow(/ELOOP/);
});

test.runIf(isRoot)("what root leaves in another user's directory is theirs", async () => {
  const { place } = aPlaceAndAFile();
  using _place = place;
  chownSync(place.directory, 12_345, 12_345);
  await writePassword(place.paths, 'secret');
  expect(statSync(place.paths.password).uid).toBe(12_345);
  expect(readPassword(place.paths)).toBe('secret');
});

test.runIf(isRoot)("a file of root's in another user's directory is not taken for theirs", () => {
  const { place } = aPlaceAndAFile();
  using _place = place;
  writeFileSync(place.paths.password, "root's secret", { mode: 0o600 });
  writeFileSync(place.paths.log, "root's log");
  chownSync(place.directory, 12_345, 12_345);
  expect(readPassword(place.paths)).toBeUndefined();
  expect(() => openLog(place.paths)).toThrow(/is not a file of the owner/);
});

test.runIf(isRoot)("root copies no programs into another user's directory", () => {
  const { place } = aPlaceAndAFile();
  using _place = place;
  const native = join(place.root, 'closed', 'native');
  mkdirSync(join(native, 'bin'), { recursive: true });
  writeFileSync(join(native, 'bin', 'postgres'), '', { mode: 0o755 });
  writeFileSync(join(native, '..', 'package.json'), '{ "version": "17.0.0" }');
  chmodSync(join(place.root, 'closed'), 0o700);
  chownSync(place.directory, 12_345, 12_345);
  const nobody = { name: 'nobody', uid: 65_534, gid: 65_534 };
  expect(() => findBinaries(nobody, place.directory, native)).toThrow(/root does not copy it to .* which belongs to/);
});
