import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportExperiment } from '../../../src/export/export-experiment.ts';
import { DEFAULT_FORM, type ExportForm } from '../../../src/export/export-form.ts';
import { type FreshDatabase, freshDatabase } from '../../support/database.ts';
import { aRig, type Rig } from '../rig.ts';
import { Gate } from '../sinks.ts';

let database: FreshDatabase;
let rig: Rig;
beforeAll(async () => {
  database = await freshDatabase();
  // Compression leaves most of what is random.
  rig = await aRig(database.pool, { rows: 30_000, publicId: 'gen_random_uuid() || md5(random()::text)' });
});
afterAll(() => database[Symbol.asyncDispose]());

const KINDS = [['parquet'], ['xlsx']] as const;
const formOf = (kind: 'parquet' | 'xlsx'): ExportForm => ({ ...DEFAULT_FORM, encoding: { kind } });

test.each(KINDS)('as %s, an error of the destination is the error of the export', async (kind) => {
  let pieces = 0;
  const full = new Writable({
    write(_bytes, _encoding, done) {
      done(++pieces > 3 ? new Error('disk full') : null);
    },
  });
  full.on('error', () => {});
  await expect(exportExperiment(database.pool, rig, full, { form: formOf(kind) })).rejects.toThrow('disk full');
  expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test.each(KINDS)('as %s, an interruption is the error of the export, and what was written is no file', async (kind) => {
  const gate = new Gate();
  const abort = new AbortController();
  const done = exportExperiment(database.pool, rig, gate, { form: formOf(kind), signal: abort.signal, jobs: 2 });
  await gate.reached.promise;
  const reason = new Error('enough');

  abort.abort(reason);

  await expect(done).rejects.toBe(reason);
  expect(Buffer.concat(gate.pieces).length).toBe(0);
  expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});
