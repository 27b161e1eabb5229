import type { Part } from './part.ts';

/** A new part is a script that calls `reportResult`, and an entry here. */
export const PARTS: Part[] = [
  ...[
    'import',
    'export',
    'migrate',
    'prune',
    'plugins',
    'migrate-from',
    'backup',
    'restore',
    'writes',
    'apply',
    'storage',
  ].map((name) => ({
    ...partOf(`kills/${name}`, 40, 1200),
    name,
    server: true,
  })),
  // They need a server that has the extension.
  ...(process.env.WEBMACS_TEST_CITUS_URL === undefined
    ? []
    : [{ ...partOf('kills/storage-citus', 12, 1200), name: 'storage-citus', server: true }]),
  ...(process.env.WEBMACS_TEST_TIMESCALE_URL === undefined
    ? []
    : [{ ...partOf('kills/storage-timescale', 12, 1200), name: 'storage-timescale', server: true }]),
  { ...partOf('kills/resume', 12, 1200), name: 'resume', server: true },
  partOf('embedded', 6, 900),
  { ...partOf('csv', 2000, 900), server: true },
  { ...partOf('loggers', 2000, 900), server: true },
  partOf('urls', 10_000, 600),
  // With a larger young generation, garbage of earlier wheels would hide what a single one needs.
  { ...partOf('wheels', 3000, 600), nodeOptions: ['--max-semi-space-size=4'] },
];

function partOf(name: string, count: number, limitSeconds: number): Part {
  return { name, script: new URL(`${name}.ts`, import.meta.url), count, limitSeconds };
}
