import { strict as assert } from 'node:assert';
import { Readable, Writable } from 'node:stream';
import { WebmacsError } from '../../src/errors.ts';
import { importDatapoints } from '../../src/ingest/import-datapoints.ts';
import { LOGGED_EVENTS } from '../ingest/loggers/loggers.ts';
import { whatLinesSay } from '../ingest/loggers/reader.ts';
import { loggerMutantOf, type Mutant } from './logger-mutations.ts';
import { partOptions, reportResult } from './part.ts';
import { randomFrom } from './random.ts';
import { hostileSite } from './site.ts';

/**
 * Imports damaged files in the manner of real loggers in this process. A refusal is one of the program's errors and stores
 * nothing. What is stored is what a reader that knows the form of the file finds in its lines.
 */
const { count, seed } = partOptions();
const random = randomFrom(seed);
await using site = await hostileSite();
await site.pool.query(
  `insert into users (public_id, username, email, hashed_password, admin) values ('u1', 'ada', 'ada@lab.org', '$2b$12$' || repeat('x', 53), true)`,
);
await site.pool.query(
  `insert into events (public_id, name, unit, min_value, max_value, event_type, user_public_id)
   select 'event-' || number, name, 'K', 0, 100, 'sensor', 'u1' from unnest($1::text[]) with ordinality as e (name, number)`,
  [LOGGED_EVENTS],
);
const EVENTS = LOGGED_EVENTS.map((name, at) => ({ publicId: `event-${at + 1}`, name }));

const findings: string[] = [];
let [accepted, refused, rows, lost] = [0, 0, 0, 0];
for (let number = 0; number < count; number++) {
  const mutant = loggerMutantOf(random);
  try {
    await importOne(mutant, random(2) === 0);
  } catch (error) {
    const problem = error instanceof Error ? error.message : error;
    findings.push(`file ${number}, ${mutant.form.name}: ${problem}: ${JSON.stringify(mutant.text)}`);
  }
}
reportResult({
  findings,
  summary: `${accepted} accepted with ${rows} rows, ${lost} readings left out of them, ${refused} files refused; imported in this process`,
});

async function importOne({ form, text }: Mutant, skips: boolean): Promise<void> {
  const { encoding: _encoding, ...options } = form.options ?? {};
  const skipBad = new Writable({ write: (_piece, _encoding, done) => done() });
  const request = { ...options, events: EVENTS, onDuplicate: 'keep' as const, ...(skips && { skipBad, maxBad: 0.3 }) };
  try {
    const summary = await importDatapoints(site.pool, Readable.from([Buffer.from(text)]), request);
    const said = whatLinesSay(text, form, LOGGED_EVENTS);
    const unexplained = Map.groupBy(said, (reading) => reading);
    for (const reading of await stored()) {
      assert(unexplained.get(reading)?.pop(), `no line says ${reading}`);
    }
    accepted++;
    rows += summary.rows;
    lost += said.length - summary.rows;
  } catch (error) {
    if (!(error instanceof WebmacsError)) {
      throw error;
    }
    refused++;
    assert.equal(await site.value('select count(*)::int from datapoints'), 0, 'a refused file has stored rows');
  } finally {
    await site.pool.query('delete from datapoints');
  }
}

async function stored(): Promise<string[]> {
  const { rows } = await site.pool.query<{ row: string }>(
    `select concat_ws(' ', e.name, (extract(epoch from d.timestamp) * 1000000)::bigint, d.value) as row
       from datapoints d join events e on e.public_id = d.event_public_id order by d.id`,
  );
  return rows.map(({ row }) => row);
}
