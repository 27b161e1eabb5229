import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { applicableHint } from '../../src/cli/hint.ts';
import { ROOT } from '../support/paths.ts';
import { webmacs } from '../support/program.ts';

const KNOWN = new Set(['--python', '--yes']);

test.each([
  ['Try again, or wait longer with --lock-timeout.', 'Try again.'],
  ['Pass --force to replace it, or choose another name.', 'choose another name.'],
  ['Pass the Python with --python PATH, or use --no-pip.', 'Pass the Python with --python PATH.'],
  ['Pass --yes to confirm.', 'Pass --yes to confirm.'],
  ['Pass --force.', ''],
  ['See "webmacs config show --origin". Omit --event.', 'See "webmacs config show --origin".'],
  ['Set that URL with: webmacs webhooks update WEBHOOK --url URL', undefined],
  ['Accepted:\n  timestamp,value   with --event EVENT\n  timestamp,EVENT', 'Accepted:.\n  timestamp,EVENT'],
])('%s', (hint, expected = hint) => {
  expect(applicableHint(hint, KNOWN).replace(':.', ':')).toBe(expected.replace(':.', ':'));
});

/** The commands that messages, hints and help name, such as `webmacs config show --origin`. */
function commandsInSource(): string[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const source = files.map((file) => readFileSync(join(ROOT, 'src', file), 'utf8')).join('\n');
  const found = [...source.matchAll(/webmacs( [a-z][a-z-]*)+[^'`"\n]*?--[^'`"\n|;]*/g)].map(([text]) => text);
  return [...new Set(found)].filter((text) => !text.includes('${'));
}

test('every command that a text names has the options that the text gives it', async () => {
  const wrong: string[] = [];
  for (const text of commandsInSource()) {
    const words = /^webmacs((?: [a-z][a-z-]*)+)/.exec(text)?.[1]?.trim().split(' ') ?? [];
    const { stdout } = await webmacs([...words, '--help']);
    const own = `${stdout} --database-url --as --format --json --quiet --no-color --no-input --yes --help --version`;
    for (const [option] of text.matchAll(/(?<![\w-])--[a-z][\w-]*/g)) {
      if (!own.includes(option)) {
        wrong.push(`${text}: ${option}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});
