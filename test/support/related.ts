import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { NOUNS } from '../../src/commands/index.ts';
import { ROOT } from './paths.ts';

/** Names the file of each noun. */
const DECLARED = readFileSync(join(ROOT, 'src/commands/index.ts'), 'utf8');
/** Where all commands come together: who imports it depends on all of the program, but uses few of its nouns. */
const PROGRAM = ['src/main.ts', 'src/commands/index.ts'];
/** Run every command, or nearly so. */
const WHOLE_PROGRAM = ['every-table', 'quiet', 'refusals'].map((name) => `test/e2e/${name}.test.ts`);
/** Reads the sources as text instead of loading them. */
const ALWAYS = 'test/layers.test.ts';

export interface Related {
  /** The test files to run. */
  selected: string[];
  /** Those that also depend on the files, but only as parts of the whole program, or of the rigs in `test/support`. */
  leftOut: string[];
  /** The files that no test loads, as far as imports show it. */
  unused: string[];
}

/** Finds the test files that depend on files, given by their paths from the root. */
export function relatedTests(changed: string[]): Related {
  const tests = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join('test', file));
  const rigs = readdirSync(join(ROOT, 'test/support')).map((file) => `test/support/${file}`);
  const nouns = NOUNS.map(({ name }) => {
    const [, file = ''] = new RegExp(`name: '${name}',[^]*?import\\('\\./([^']+)'\\)`).exec(DECLARED) ?? [];
    return { name, files: filesOf(`src/commands/${file}`) };
  });
  const program = filesOf('src/main.ts');
  const inProgram = changed.filter((file) => PROGRAM.includes(file) || program.has(file));
  const users = inProgram.map((file) => nouns.filter(({ files }) => files.has(file)).map(({ name }) => name));
  const few = users.filter((names) => names.length > 0 && names.length <= NOUNS.length / 2);
  const isGeneral = few.length < users.length || inProgram.some((file) => PROGRAM.includes(file));
  // What other nouns use too is above all one's own.
  const own = NOUNS.map(({ name }) => name).filter((name) =>
    changed.some((file) => file.startsWith(`src/commands/${name}/`)),
  );
  const named = [...new Set([...few.flat(), ...own])].map((name) => new RegExp(`['"\`]${name}['"\` ]`));

  const selected = new Set([ALWAYS]);
  const leftOut: string[] = [];
  for (const test of tests) {
    const files = filesOf(test, PROGRAM);
    const runsProgram = PROGRAM.some((file) => files.has(file));
    const itself = filesOf(test, [...PROGRAM, ...rigs]);
    const uses = (file: string) => !PROGRAM.includes(file) && (file.startsWith('src/') ? itself : files).has(file);
    if (
      changed.some(uses) ||
      (runsProgram && named.some((noun) => noun.test(textOf(test)))) ||
      (isGeneral && WHOLE_PROGRAM.includes(test))
    ) {
      selected.add(test);
    } else if ((isGeneral && runsProgram) || changed.some((file) => files.has(file))) {
      leftOut.push(test);
    }
  }
  const loaded = new Set(tests.flatMap((test) => [...filesOf(test)]));
  const unused = changed.filter((file) => !loaded.has(file));
  return { selected: [...selected].sort(), leftOut: leftOut.sort(), unused };
}

/** A file and all that it loads or starts, but what is loaded only by one of `ends`. */
function filesOf(file: string, ends: string[] = []): Set<string> {
  const found = new Set([file]);
  for (const next of found) {
    for (const path of ends.includes(next) ? [] : importsOf(next)) {
      found.add(path);
    }
  }
  return found;
}

const imports = new Map<string, string[]>();

function importsOf(file: string): string[] {
  const known = imports.get(file);
  if (known) {
    return known;
  }
  const text = textOf(file).replaceAll(/^(?:import|export) type [^;]*;/gm, '');
  const paths = [...text.matchAll(/(?:from |import |import\(|URL\()'(\.[^']+\.ts)'/g)].map(([, path = '']) => path);
  const found = paths
    .map((path) => relative(ROOT, join(ROOT, dirname(file), path)))
    .filter((path) => existsSync(join(ROOT, path)));
  imports.set(file, found);
  return found;
}

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
