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

test.each(['csv', 'xlsx'])('kill -9 in the middle leaves nothing under the final name: %s', async (format) => {
  await using database = await freshDatabase();
  const { experimentPublicId } = await aRig(database.pool, {
    rows: 20_000,
    // Random, so that compression leaves something to be killed in.
    publicId: `gen_random_uuid() || md5(random()::text) || left(md5(random()::text), 28)`,
    eventNames: ['n'.repeat(250)],
  });
  const folder = await mkdtemp(join(tmpdir(), 'killed-'));
  const program = await bundled(new URL('export-slowly.ts', import.meta.url));
  const args = [database.url, experimentPublicId, join(folder, `data.${format}`)];
  const child = spawn(process.execPath, [program, ...args], { stdio: 'inherit' });
  const part = await partOf(folder, child);

  child.kill('SIGKILL');
  await once(child, 'exit');

  expect(await readdir(folder)).toEqual([part]);
  expect(part?.startsWith(`.data.${format}.part-`)).toBe(true);
  await rm(folder, { recursive: true });
});

/** The temporary file's name, as soon as there is something in it. */
async function partOf(folder: string, child: ChildProcess): Promise<string> {
  let part: string | undefined;
  await until(async () => {
    const [name] = await readdir(folder);
    part = name !== undefined && (await stat(join(folder, name))).size > 0 ? name : undefined;
    return part !== undefined || child.exitCode !== null;
  });
  if (part === undefined) {
    throw new Error('The export ended before it could be killed');
  }
  return part;
}
