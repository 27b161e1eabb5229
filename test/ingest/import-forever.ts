import pg from 'pg';
import { importDatapoints } from '../../src/ingest/import-datapoints.ts';

// A program to be killed: imports rows endlessly, and prints a line once two COPYs are in the database.
const [, , connectionString, event = ''] = process.argv;
const pool = new pg.Pool({ connectionString, application_name: 'import-forever' });
const { publicId, name } = JSON.parse(event) as { publicId: string; name: string };

async function* endless(): AsyncGenerator<Buffer> {
  yield Buffer.from('timestamp,event,value\n');
  for (;;) {
    yield Buffer.from(`2026-01-01T00:00:00Z,${name},1\n`.repeat(1000));
  }
}

let reported = false;
await importDatapoints(
  pool,
  endless(),
  { events: [{ publicId, name }] },
  {
    rowsPerCopy: 2000,
    onProgress: ({ rows }) => {
      if (rows > 5000 && !reported) {
        reported = true;
        process.stdout.write('under way\n');
      }
    },
  },
);
