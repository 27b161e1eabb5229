import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../../support/program.ts';
import { aSite } from '../../support/site.ts';
import { aRig } from '../rig.ts';
import { type Choice, flagsOf, mayMakeNoDifference, pairs } from './choices.ts';
import { countRecords } from './records.ts';

const site = await aSite();
const folder = temporaryDirectory();
afterAll(async () => {
  folder[Symbol.dispose]();
  await site[Symbol.asyncDispose]();
});

// A gap, datapoints of an event that share a time, and times with few and with many digits.
const { experimentPublicId: experiment } = await aRig(site.pool, {
  rows: 20,
  eventNames: ['=flow', 'wall'],
  value: 'i * 1.37',
  timestamp: `timestamptz '2026-01-01Z' + ((case i when 18 then 16 else i end) * 1.500001
    + (case when i > 8 then 60 else 0 end)) * interval '1 s'`,
});

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
  files: Buffer[];
  checksums: Buffer[];
}

const outcomes = new Map<string, Promise<Outcome>>();

/** Exports with these options, once. */
function outcomeOf(options: string): Promise<Outcome> {
  const outcome = outcomes.get(options) ?? exported(options, join(folder.path, String(outcomes.size)));
  outcomes.set(options, outcome);
  return outcome;
}

async function exported(options: string, path: string): Promise<Outcome> {
  const format = /--format (\S+)/.exec(options)?.[1] ?? 'csv';
  const output = options.includes('-o ') ? '' : ` -o run.${format}`;
  mkdirSync(path);
  const words = `${options}${output}`.split(' ').map((word) => word.replace(/^run/, `${path}/run`));
  const run = await site.run(['experiments', 'export', experiment, '--json', ...words]);
  const names = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const [checksums, files] = [true, false].map((isChecksum) =>
    names.filter((name) => name.endsWith('.sha256') === isChecksum).map((name) => readFileSync(name)),
  );
  const isWritten = isToStdout(options) && run.code === 0;
  return { ...run, checksums: checksums ?? [], files: isWritten ? [Buffer.from(run.stdout)] : (files ?? []) };
}

const isToStdout = (options: string) => `${options} `.includes('-o - ');
const line = (needed: string, ...choices: Choice[]) => [needed, ...choices.map(({ words }) => words)].join(' ').trim();
const contentOf = ({ files, checksums }: Outcome) => Buffer.concat([...files, ...checksums]).toString();

test.concurrent.each(pairs().map((pair) => [line(pair.needed, pair.one, pair.other), pair] as const))(
  '%s: either works or is refused',
  async (options, { one, other, needed }) => {
    const both = await outcomeOf(options);
    // What each of them adds to the other.
    const added = [
      { choice: one, other, without: await outcomeOf(line(needed, other)) },
      { choice: other, other: one, without: await outcomeOf(line(needed, one)) },
    ];

    expect(both.stderr).not.toMatch(/^\s+at /m);
    if (both.code === 0) {
      const ignored = added.filter(({ without }) => without.code === 0 && contentOf(without) === contentOf(both));
      if (isToStdout(options)) {
        // The same as into a file.
        expect(ignored).toMatchObject([{ choice: { words: '-o -' } }]);
      } else {
        expect(await countRecords(both.files, options)).toBe(JSON.parse(both.stdout).rows);
        expect(ignored.filter(({ choice, other }) => !mayMakeNoDifference(choice, other))).toEqual([]);
      }
    } else {
      expect(both).toMatchObject({ code: 2, stdout: '', files: [], checksums: [] });
      const { message, hint } = JSON.parse(both.stderr).error;
      expect(hint).toMatch(/\.$/);
      // One without which it is refused too need not be named.
      for (const { choice } of added.filter(({ without }) => without.code === 0)) {
        expect(message).toMatch(flagsOf(choice));
      }
    }
  },
);
