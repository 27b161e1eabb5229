import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as library from '../../src/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** An example of the documentation. */
export interface Example {
  /** What it is an example of, and the number of it. */
  name: string;
  code: string;
  /** What it says that it prints; `…` stands for anything. */
  printed: string;
}

/** The examples in the comments of the source, and the one of the README. */
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
  const [, chapter = ''] = readFileSync(join(ROOT, 'README.md'), 'utf8').split(/^## From a program$/m);
  return [...inSource, ...examplesOf('README', chapter.split(/^## /m).slice(0, 1))];
}

function nameOf(declaration: string): string | undefined {
  return /^export (?:async )?(?:function|class|const) (\w+)/.exec(declaration)?.[1];
}

function examplesOf(subject: string, texts: string[]): Example[] {
  const codes = texts.flatMap((text) => [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code));
  return codes.map((code, at) => ({
    name: `${subject} ${at + 1}`,
    code,
    // A comment at the margin is what the lines before it print.
    printed: code
      .split('\n')
      .flatMap((line) => (line.startsWith('// ') ? line.slice(3) : []))
      .join('\n'),
  }));
}

/** The example as a module, whose only export runs it with an open database and a console of its own. */
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

/** Whether a text is what was foreseen, in which \`…\` stands for anything. */
export function patternOf(foreseen: string): RegExp {
  return new RegExp(`^${foreseen.split('…').map(escaped).join('[^]*?')}$`);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
