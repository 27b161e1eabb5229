import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allCommands } from '../support/commands.ts';
import { temporaryDirectory, webmacs } from '../support/program.ts';
import { onTerminal } from '../support/terminal.ts';

const { stdout: PAGE } = await webmacs(['man']);

test('the manual has each command, and the topics', async () => {
  const all = (await allCommands()).filter(
    ([noun, topic]) => noun !== undefined && (noun !== 'help' || topic === undefined),
  );
  const heading = (words: string[]) => `.SS ${['webmacs', ...words].join(' ').replaceAll('-', '\\-')} `;
  expect(all.filter((words) => !PAGE.includes(`\n${heading(words)}`))).toEqual([]);
  expect(PAGE).toContain('\n.SH EXIT\\-CODES\n');
  expect(PAGE).toContain('\n.B \\-\\-database\\-url <url>\n');
});

test('what starts like a request of roff is text', () => {
  const requests = new Set(PAGE.match(/^[.'].{0,2}/gm)?.map((text) => text.trim()));
  expect([...requests].sort()).toEqual([
    '.B',
    '.EE',
    '.EX',
    '.PP',
    '.RE',
    '.RS',
    '.SH',
    '.SS',
    '.TH',
    '.TP',
    '.ad',
    '.nh',
  ]);
});

test.skipIf(!existsSync('/usr/bin/groff'))('groff formats it without a warning', () => {
  const { status, stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-Kutf8', '-ww'], {
    input: PAGE,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain('2026-01-31T13:45:00+01:00');
});

test('on a terminal, the program man shows it, and gets no secret', async () => {
  using folder = temporaryDirectory();
  const seen = join(folder.path, 'seen');
  writeFileSync(join(folder.path, 'man'), `#!/bin/sh\n{ env; head -c 11 "$1"; } > '${seen}'\n`, { mode: 0o755 });
  const env = {
    PATH: `${folder.path}:/usr/bin:/bin`,
    DATABASE_URL: 'postgres://lab:hidden@h/d',
    WEBMACS_PASSWORD: 'hidden',
  };
  expect((await onTerminal('man', env)).code).toBe(0);
  expect(readFileSync(seen, 'utf8')).toMatch(/^PATH=[\s\S]*\.TH WEBMACS$/m);
  expect(readFileSync(seen, 'utf8')).not.toContain('hidden');
});
