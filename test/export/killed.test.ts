import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundled } from '../support/bundled.ts';
import { freshDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';
import { aRig } from './rig.ts';

test('kill -9 in the middle leaves nothing under the final name', async () => {
  await using database = await freshDatabase();
  const { experimentPublicId } = await aRig(database.pool, {
    rows: 20_000,
    publicId: `gen_random_uuid() || repeat('x', 60)`,
    eventNames: ['n'.repeat(250)],
  });
  const folder = await mkdtemp(join(tmpdir(), 'killed-'));
  const program = await bundled(new URL('export-slowly.ts', import.meta.url));
  const args = [database.url, experimentPublicId, join(folder, 'data.csv')];
  const child = spawn(process.execPath, [program, ...args], { stdio: 'inherit' });
  const part = await partOf(folder, child);

  child.kill('SIGKILL');
  await once(child, 'exit');

  expect(await readdir(folder)).toEqual([part]);
  expect(part).toMatch(/^\.data\.csv\.part-/);
  await rm(folder, { recursive: true });
});

/** The temporary file's name, as soon as there is something in it. */
async function partOf(folder: string, child: ChildProcess): Promise<string> {
  let part: string | undefined;
  await until(async () => {
    const [name] = await readdir(folder);
    part = name !== undefined && (await stat(join(folder, name))).size > 1_000_000 ? name : undefined;
    return part !== undefined || child.exitCode !== null;
  });
  if (part === undefined) {
    throw new Error('The export ended before it could be killed');
  }
  return part;
}
