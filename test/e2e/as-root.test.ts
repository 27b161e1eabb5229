import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startedWebmacs, temporaryDirectory, webmacs } from '../support/program.ts';
import { anExperiment, aSite } from '../support/site.ts';

const isRoot = process.getuid?.() === 0;
const ADA = 12_345;

/** A file of root's, and a home that belongs to another user, who may have created links to it there. */
function aHome() {
  const folder = temporaryDirectory();
  const home = join(folder.path, 'ada');
  mkdirSync(home);
  const precious = join(folder.path, 'precious');
  writeFileSync(precious, '{}');
  chownSync(home, ADA, ADA);
  return {
    home,
    precious,
    folderOf: (owner: number, ...names: string[]) => {
      const path = join(home, ...names);
      mkdirSync(path, { recursive: true });
      chownSync(path, owner, owner);
      return path;
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

async function set(home: string) {
  const env = { WEBMACS_CONFIG: '', XDG_CONFIG_HOME: '', HOME: home };
  return await webmacs(['config', 'set', 'as', 'alice'], { env });
}

test.runIf(isRoot)("root's config set writes nothing into another user's home", async () => {
  using at = aHome();
  const { code, stderr } = await set(at.home);
  expect([code, stderr]).toEqual([2, expect.stringContaining(`belongs to another user (UID ${ADA})`)]);
  expect(readdirSync(at.home)).toEqual([]);
});

test.runIf(isRoot)("root's config set does not follow another user's link, wherever it lies", async () => {
  using at = aHome();
  const file = join(at.precious, '..', 'config.json');
  symlinkSync(at.precious, file);
  lchownSync(file, ADA, ADA);
  const { code, stderr } = await webmacs(['config', 'set', 'as', 'alice'], { env: { WEBMACS_CONFIG: file } });
  expect([code, stderr]).toEqual([2, expect.stringContaining('belongs to another user')]);
  expect(readFileSync(at.precious, 'utf8')).toBe('{}');
});

test.runIf(isRoot)("a folder of root's own in another user's home is not safe either", async () => {
  using at = aHome();
  at.folderOf(0, '.config', 'webmacs');
  expect((await set(at.home)).code).toBe(2);
  expect(readdirSync(join(at.home, '.config', 'webmacs'))).toEqual([]);
});

test.runIf(isRoot)("root's config set refuses a folder that another group can write to", async () => {
  using folder = temporaryDirectory();
  chownSync(folder.path, 0, ADA);
  chmodSync(folder.path, 0o775);
  const env = { WEBMACS_CONFIG: join(folder.path, 'config.json') };
  const { code, stderr } = await webmacs(['config', 'set', 'as', 'alice'], { env });
  expect([code, stderr]).toEqual([2, expect.stringContaining('is writable by other users')]);
  expect(readdirSync(folder.path)).toEqual([]);
});

test.runIf(isRoot).each([[], ['--force']])('root exports through no link of another user: %j', async (...force) => {
  await using site = await aSite();
  using at = aHome();
  const id = await anExperiment(site);
  for (const [name, target] of [
    ['new.csv', join(at.precious, '..', 'created')],
    ['old.csv', at.precious],
  ] as const) {
    const link = join(at.home, name);
    symlinkSync(target, link);
    lchownSync(link, ADA, ADA);
    const { code, stderr } = await site.run(['experiments', 'export', id.publicId, '-o', link, ...force]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('belongs to another user')]);
  }
  expect(readdirSync(join(at.precious, '..')).sort()).toEqual(['ada', 'precious']);
  expect(readFileSync(at.precious, 'utf8')).toBe('{}');
});

test.runIf(isRoot)('root caches no bytecode in the folder of another user, and reads none', async () => {
  using at = aHome();
  using own = temporaryDirectory();
  await startedWebmacs(['config', 'path'], { env: { XDG_CACHE_HOME: own.path } });
  const [name = ''] = readdirSync(join(own.path, 'webmacs'));
  const folder = at.folderOf(0, '.cache', 'webmacs');
  symlinkSync(at.precious, join(folder, name));
  const run = await startedWebmacs(['config', 'path'], { env: { XDG_CACHE_HOME: join(at.home, '.cache') } });
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(folder)).toEqual([name]);
  expect(readFileSync(at.precious, 'utf8')).toBe('{}');
});

test.runIf(isRoot)("root creates no cache through another user's link", async () => {
  using at = aHome();
  const target = at.folderOf(0, 'target');
  symlinkSync(target, join(at.home, '.cache'));
  await startedWebmacs(['config', 'path'], { env: { XDG_CACHE_HOME: join(at.home, '.cache') } });
  expect(readdirSync(target)).toEqual([]);
});

test.runIf(isRoot).each([[['config', 'path']], [['config', 'set', 'as', 'alice']], [['db', 'info']]])(
  'one new folder for everything lets the embedded server through, after %j under a strict umask',
  async (words) => {
    using folder = temporaryDirectory();
    chmodSync(folder.path, 0o711);
    const path = join(folder.path, 'new', 'one');
    const env = { WEBMACS_CONFIG: '', XDG_CACHE_HOME: path, XDG_CONFIG_HOME: path, XDG_DATA_HOME: path };
    const before = process.umask(0o077);
    try {
      expect(await startedWebmacs(words, { env })).toMatchObject({ code: 0 });
      expect(await startedWebmacs(['db', 'info'], { env })).toMatchObject({ code: 0 });
    } finally {
      process.umask(before);
    }
  },
);
