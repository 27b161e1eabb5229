import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NO_SETTINGS } from '../support/host.ts';
import { PROGRAM } from '../support/paths.ts';
import { temporaryDirectory } from '../support/program.ts';

/** The program where the system says that it is Windows: all of Windows that a test elsewhere can have. */
function onWindows(...words: string[]) {
  using folder = temporaryDirectory();
  const pretend = join(folder.path, 'pretend.cjs');
  writeFileSync(pretend, "Object.defineProperty(process, 'platform', { value: 'win32' })");
  const env = { ...NO_SETTINGS, WEBMACS_DATA_DIR: join(folder.path, 'data'), XDG_CACHE_HOME: folder.path };
  return spawnSync(process.execPath, ['--require', pretend, PROGRAM, ...words], { env, encoding: 'utf8' });
}

test.each([['users', 'list'], ['db', 'start'], ['demo']])(
  'on Windows the embedded server is refused with a sentence, by "%s %s"',
  (...words) => {
    const { status, stdout, stderr } = onWindows(...words.filter(Boolean));
    expect([status, stdout]).toEqual([5, '']);
    expect(stderr).toBe(
      'error: The embedded PostgreSQL does not run on Windows.\n' +
        'Install PostgreSQL, and set DATABASE_URL to a database, as postgresql://USER:PASSWORD@HOST/DATABASE.\n',
    );
  },
);

test('on Windows "version" looks for no server, and fails not', () => {
  const { status, stderr } = onWindows('version', '--json');
  expect([status, stderr]).toEqual([0, '']);
});
