import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SOURCE = fileURLToPath(new URL('../src', import.meta.url));

/** Each layer and the ones below that it may import from, besides itself; a capability is in `CAPABILITIES`. */
const CAPABILITIES = [
  'archive',
  'auth',
  'backup',
  'demo',
  'export',
  'firmware',
  'files',
  'ingest',
  'plot',
  'plugins',
  'prune',
  'report',
  'series',
  'site',
  'site-file',
  'domain',
  'storage',
  'transfer',
  'webhooks',
];
const BELOW: Record<string, string[]> = {
  build: [],
  'main.ts': ['cli', 'commands', 'files'],
  'index.ts': [...CAPABILITIES, 'database', 'entities', 'errors.ts'],
  commands: ['cli', ...CAPABILITIES, 'database', 'entities', 'text', 'environment.ts', 'errors.ts', 'version.ts'],
  cli: ['database', 'files', 'text', 'environment.ts', 'errors.ts', 'version.ts'],
  archive: ['export', 'prune', 'storage', 'files', 'database', 'entities', 'text', 'errors.ts', 'version.ts'],
  backup: ['transfer', 'files', 'database', 'text', 'errors.ts', 'version.ts'],
  demo: ['auth', 'ingest', 'domain', 'database', 'entities', 'errors.ts'],
  ...Object.fromEntries(
    ['auth', 'domain', 'transfer'].map((capability) => [capability, ['database', 'entities', 'text', 'errors.ts']]),
  ),
  export: ['files', 'database', 'entities', 'text', 'errors.ts', 'version.ts'],
  firmware: ['files', 'domain', 'text', 'errors.ts'],
  webhooks: ['database', 'entities', 'text', 'errors.ts', 'version.ts'],
  ingest: ['files', 'domain', 'database', 'entities', 'text', 'errors.ts'],
  plot: ['series', 'text', 'errors.ts'],
  report: ['series', 'plot', 'export', 'files', 'domain', 'database', 'entities', 'text', 'errors.ts', 'version.ts'],
  storage: ['database', 'entities', 'text', 'errors.ts'],
  prune: ['auth', 'storage', 'database', 'entities', 'errors.ts', 'text'],
  plugins: ['files', 'domain', 'database', 'entities', 'text', 'environment.ts', 'errors.ts'],
  series: ['export', 'domain', 'database', 'entities', 'text', 'errors.ts'],
  site: ['auth', 'domain', 'plugins', 'webhooks', 'database', 'entities', 'text', 'environment.ts', 'errors.ts'],
  'site-file': ['auth', 'domain', 'plugins', 'webhooks', 'database', 'entities', 'files', 'text', 'errors.ts'],
  files: ['text', 'errors.ts'],
  database: ['files', 'entities', 'text', 'environment.ts', 'errors.ts'],
  entities: ['text'],
  text: ['errors.ts'],
  'environment.ts': [],
  'errors.ts': [],
  'version.ts': [],
};
const TERMINAL = ['main.ts', 'cli', 'commands', 'build'];

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

function layerOf(file: string): string {
  return file.split('/')[0] ?? '';
}

/** The files of the source that a file imports, also when it does so later. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(SOURCE, file), 'utf8');
  const paths = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path = '']) => path);
  return paths
    .map((path) => relative(SOURCE, resolve(SOURCE, dirname(file), path)))
    .filter((path) => !path.startsWith('..'));
}

test('every folder of the source is a known layer', () => {
  expect([...new Set(files.map(layerOf))].sort()).toEqual(Object.keys(BELOW).sort());
});

test('imports point downwards only', () => {
  const upwards = files.flatMap((file) =>
    importsOf(file)
      .filter((path) => layerOf(path) !== layerOf(file) && !BELOW[layerOf(file)]?.includes(layerOf(path)))
      .map((path) => `${file} imports ${path}`),
  );
  expect(upwards).toEqual([]);
});

test('no file imports itself by way of others, but for entities, whose relations have two sides', () => {
  const circles: string[] = [];
  const done = new Set<string>();
  function follow(file: string, way: string[]): void {
    if (way.includes(file)) {
      circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
    } else if (!done.has(file)) {
      const isRelation = (path: string) => layerOf(file) === 'entities' && layerOf(path) === 'entities';
      const paths = importsOf(file).filter((path) => files.includes(path) && !isRelation(path));
      paths.forEach((path) => void follow(path, [...way, file]));
      done.add(file);
    }
  }
  files.forEach((file) => void follow(file, []));
  expect(circles).toEqual([]);
});

test('the check sees imports', () => {
  expect(importsOf('main.ts')).toContain('cli/run.ts');
  expect(importsOf('cli/output.ts')).toContain('cli/table.ts');
});

test('nothing below the commands prints, reads the command line or exits', () => {
  const found = files
    .filter((file) => !TERMINAL.includes(layerOf(file)))
    .flatMap((file) => {
      // An example in a comment may print.
      const text = readFileSync(join(SOURCE, file), 'utf8').replaceAll(/^ *\*.*$/gm, '');
      return [...text.matchAll(/\bconsole\.|process\.(?:exit\b|argv|stdin|stdout|stderr)/g)].map(
        ([use]) => `${file}: ${use}`,
      );
    });
  expect(found).toEqual([]);
});
