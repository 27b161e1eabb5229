import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as library from '../../src/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** An example of the documentation. */
export interface Example {
  /** The subject of the example, and its number. */
  name: string;
  code: string;
  /** The expected output; `…` matches anything. */
  printed: string;
}

/** Returns the examples in the comments of the source, and the one in docs/library.md. */
export function allExamples(): Example[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const inSource = files.sort().flatMap((file) => {
    const text = readFileSync(join(ROOT, 'src', file), 'utf8');
    return [...text.matchAll(/\/\*\*\n((?: *\*.*\n)*?) *\*\/\n(.*)/g)].flatMap(([, comment = '', declaration = '']) =>
      examplesOf(
        nameOf(declaration) ?? file,
        comment
          .replaceAll(/^ *\* ?/gm, '')
          .split('@example')
          .slice(1),
      ),
    );
  });
  const page = readFileSync(join(ROOT, 'docs', 'library.md'), 'utf8');
  return [...inSource, ...examplesOf('docs/library.md', [page])];
}

function nameOf(declaration: string): string | undefined {
  return /^export (?:async )?(?:function\*?|class|const) (\w+)/.exec(declaration)?.[1];
}

function examplesOf(subject: string, texts: string[]): Example[] {
  const codes = texts.flatMap((text) => [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code));
  return codes.map((code, at) => ({
    name: `${subject} ${at + 1}`,
    code,
    // A comment at the left margin is the output of the lines before it.
    printed: code
      .split('\n')
      .flatMap((line) => (line.startsWith('// ') ? line.slice(3) : []))
      .join('\n'),
  }));
}

/** Returns the example as a module that exports a function to run it with an open database and a console. */
export function moduleOf({ code }: Example): string {
  const imports = code.match(/^import .*;$/gm) ?? [];
  const body = code.replaceAll(/^import .*;$/gm, '');
  const isWhole = imports.some((line) => line.includes(`'webmacs'`));
  const used = Object.keys(library).filter((name) => new RegExp(`\\b${name}\\b`).test(body));
  const index = JSON.stringify(join(ROOT, 'src', 'index.ts'));
  return `${imports.join('\n').replaceAll(`'webmacs'`, index)}
${isWhole ? '' : `import { ${used.filter((name) => name !== 'Database').join(', ')} } from ${index};`}
import type { Database as OpenDatabase } from ${index};

export async function run(database: OpenDatabase, console: { log(...values: unknown[]): void }): Promise<void> {
  {
${body}
  }
}
`;
}

/** Returns a pattern for the expected text, in which `…` matches anything. */
export function patternOf(expected: string): RegExp {
  return new RegExp(`^${expected.split('…').map(escapePattern).join('[^]*?')}$`);
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
