import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { LayoutName } from './src/database/layouts/layouts.ts';

// For the workers and the programs that tests start: the bytecode that earlier ones compiled.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

/** What runs on the databases that the WebMACS server makes too. */
const ON_EVERY_LAYOUT = [
  'test/site-file/{round-trip,property,server-rules}.test.ts',
  'test/database/{relations,relation-queries,resolve,layouts/inserts}.test.ts',
  'test/e2e/{shadowing,names-like-ids,forgiving-names,pickers,users,existing,last-admin,owner,ownership,locked-out,passwords,prompts,drawing,events,experiments,datapoints,datapoints-import,datapoints-import-interrupted,datapoints-imports,datapoints-imports-undo,datapoints-assign,import-options,import-create,export,export-several,export-times,export-verify,lists,plot,plot-svg,report,summary}.test.ts',
  'test/e2e/{dashboards,widgets,firmware,logs,tokens,maintain,every-table,check,status,doctor,watch,render}.test.ts',
  'test/e2e/{rule,webhook,plugin,prune,deliveries-prune}*.test.ts',
  'test/auth/python.test.ts',
  'test/archive/{archive,drop}.test.ts',
  'test/{export,ingest,domain,series,storage,webhooks}/*.test.ts',
];

function suite(layout: LayoutName, include: string[]) {
  return { extends: true as const, test: { name: layout, include, provide: { layout } } };
}

export default defineConfig({
  test: {
    globalSetup: 'test/support/server.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One more than the processors, since many tests wait; all workers share a server of 100 connections.
    maxWorkers: Math.min(availableParallelism() + 1, 8),
    // Every file would load the program and the ORM anew. A test that changes what its process has puts it back.
    isolate: false,
    experimental: { recordDependencies: true },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // Runs in browsers, as test/report/page.test.ts does.
      exclude: ['src/report/page/**'],
      reporter: ['text-summary', 'html', 'json-summary'],
      reportsDirectory: 'node_modules/.cache/coverage',
      thresholds: { lines: 92 },
      reportOnFailure: true,
    },
    projects: [
      suite('own', ['test/**/*.test.ts']),
      suite('server-admin-flag', ON_EVERY_LAYOUT),
      suite('server-roles', [...ON_EVERY_LAYOUT, 'test/e2e/schemas.test.ts']),
    ],
  },
});
