import { Transform } from 'node:stream';
import pg from 'pg';
import { exportExperiment } from '../../src/export/export-experiment.ts';
import { DEFAULT_FORM, type ExportForm } from '../../src/export/export-form.ts';
import { withOutputFile } from '../../src/files/output-file.ts';

// A program to be killed: exports, with a pause after each piece.
const [url, experimentPublicId = '', path = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url });
const form: ExportForm = { ...DEFAULT_FORM, encoding: { kind: path.endsWith('.xlsx') ? 'xlsx' : 'csv' } };
await withOutputFile(path, { suffixes: ['.csv', '.xlsx'] }, async (file) => {
  const slow = new Transform({ transform: (bytes, _encoding, done) => setTimeout(() => done(null, bytes), 50) });
  slow.pipe(file);
  return await exportExperiment(pool, { experimentPublicId }, slow, { form });
});
await pool.end();
