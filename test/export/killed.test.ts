import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';
import { aRig } from './rig.ts';

/** A program that exports, slowly: each piece takes a while, so that there is time to end it. */
const PROGRAM = `
  import { Transform } from 'node:stream';
  import pg from 'pg';
  import { exportExperiment } from '${import.meta.resolve('../../src/export/export-experiment.ts')}';
  import { withOutputFile } from '${import.meta.resolve('../../src/files/output-file.ts')}';
  const [url, experimentPublicId, path] = process.argv.slice(1);
  const pool = new pg.Pool({ connectionString: url });
  await withOutputFile(path, {}, async (file) => {
    const slow = new Transform({ transform: (bytes, _, done) => setTimeout(() => done(null, bytes), 20) });
    slow.pipe(file);
    return exportExperiment(pool, { experimentPublicId }, slow);
  });
  await pool.end();
`;

test('kill -9 in the middle leaves nothing under the final name', async () => {
  await using database = await freshDatabase();
  const { experimentPublicId } = await aRig(database.pool, { rows: 120_000 });
  const folder = await mkdtemp(join(tmpdir(), 'killed-'));
  const args = [database.url, experimentPublicId, join(folder, 'data.csv')];
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, ...args], { stdio: 'inherit' });
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
