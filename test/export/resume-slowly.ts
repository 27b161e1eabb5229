import pg from 'pg';
import { exportExperiment } from '../../src/export/export-experiment.ts';
import { DEFAULT_FORM } from '../../src/export/export-form.ts';
import { exportToFile } from '../../src/export/export-to-file.ts';

// A program to be killed: a resumable export, with a pause after each piece.
const [url, experimentPublicId = '', path = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url });
const clock = new Int32Array(new SharedArrayBuffer(4));
const request = { experimentPublicId };
await exportToFile(
  pool,
  { request, form: DEFAULT_FORM },
  path,
  (stream, options) =>
    exportExperiment(pool, request, stream, {
      ...options,
      rowsPerSlice: 500,
      onProgress: () => void Atomics.wait(clock, 0, 0, 20),
    }),
  { resume: true, bytesPerState: 100_000 },
);
await pool.end();
