import { strict as assert } from 'node:assert';
import { Readable, Writable } from 'node:stream';
import { parse } from 'csv-parse/sync';
import { WebmacsError } from '../../src/errors.ts';
import { importDatapoints } from '../../src/ingest/import-datapoints.ts';
import { EVENTS, mutantOf } from './csv-mutations.ts';
import { partOptions, reportResult } from './part.ts';
import { pick, randomFrom } from './random.ts';
import { hostileSite } from './site.ts';

/**
 * Imports mutated CSV files in this process. A refusal is one of the program's errors and stores nothing. What is stored is what
 * csv-parse reads from the file without the rejected lines, with the numbers and times that PostgreSQL reads.
 */
const { count, seed } = partOptions();
const random = randomFrom(seed);
await using site = await hostileSite();
await site.pool.query(
  `insert into users (public_id, username, email, hashed_password, admin) values ('u1', 'ada', 'ada@lab.org', '$2b$12$' || repeat('x', 53), true)`,
);
for (const { publicId, name } of EVENTS) {
  await site.pool.query(
    `insert into events (public_id, name, unit, min_value, max_value, event_type, user_public_id)
       values ($1, $2, 'K', 0, 100, 'sensor', 'u1')`,
    [publicId, name],
  );
}

const findings: string[] = [];
let [accepted, refused, rows, rejected] = [0, 0, 0, 0];
for (let number = 0; number < count; number++) {
  const bytes = mutantOf(random);
  try {
    await importOne(bytes, pick(random, [undefined, 'UTC', 'Europe/Berlin']), random(2) === 0);
  } catch (error) {
    findings.push(
      `file ${number}: ${JSON.stringify(bytes.toString())}: ${error instanceof Error ? error.message : error}`,
    );
  }
}
reportResult({
  findings,
  summary: `${accepted} accepted with ${rows} rows, ${rejected} lines rejected, ${refused} files refused; imported in this process`,
});

async function importOne(bytes: Buffer, timezone: string | undefined, skips: boolean): Promise<void> {
  let bad = '';
  const skipBad = new Writable({
    write(piece, _encoding, done) {
      bad += piece;
      done();
    },
  });
  const request = {
    events: EVENTS,
    onDuplicate: 'keep' as const,
    ...(timezone && { timezone }),
    ...(skips && { skipBad }),
  };
  // In pieces, so that characters and quotes are split between them.
  const pieces = [bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)].filter(({ length }) => length);
  try {
    const summary = await importDatapoints(site.pool, Readable.from(pieces), request);
    const text = withoutLines(textOf(bytes), bad.split('\n').slice(1, -1));
    const expected = rowsOf(text);
    assert.equal(summary.rows, expected.length, 'rows reported');
    await assertStored(expected, timezone ?? 'UTC');
    accepted++;
    rows += summary.rows;
    rejected += summary.bad;
  } catch (error) {
    if (!(error instanceof WebmacsError)) {
      throw error;
    }
    refused++;
    assert.equal(await site.value('select count(*)::int from datapoints'), 0, 'a refused file has stored rows');
  }
  await site.pool.query('delete from datapoints');
}

/** The text of a file in UTF-8 or UTF-16, whose lines may end in bare carriage returns if none has a line feed. */
function textOf(bytes: Buffer): string {
  const isWide = bytes.filter((byte) => byte === 0).length > bytes.length / 3;
  const text = bytes.toString(isWide ? 'utf16le' : 'utf8').replace(/^\ufeff/, '');
  return text.includes('\n') ? text : text.replaceAll('\r', '\n');
}

/** Removes the rejected lines, which are in the order of the file. */
function withoutLines(text: string, lines: string[]): string {
  const [header = '', ...others] = text.split('\n');
  const rejects = lines.values();
  let reject = rejects.next();
  const kept = others.filter((line) => {
    const isReject = !reject.done && line === reject.value;
    if (isReject) {
      reject = rejects.next();
    }
    return !isReject;
  });
  assert(reject.done, `the rejected line ${JSON.stringify(reject.value)} is not in the file`);
  // A carriage return alone, at the end of the last line, is no line end for csv-parse.
  return `${[header, ...kept].join('\n')}\n`;
}

/** Returns event, value and time of each datapoint in a CSV file without bad lines, as text. */
function rowsOf(text: string): string[][] {
  const first = text.slice(0, text.indexOf('\n') >>> 0).replace(/"[^"]*"/g, '');
  const delimiter = [',', ';', '\t'].reduce((best, one) =>
    first.split(one).length > first.split(best).length ? one : best,
  );
  const records: string[][] = parse(text, { delimiter, record_delimiter: ['\n', '\r\n'], relax_column_count: true });
  const [header = [], ...body] = records.filter((cells) => cells.some((cell) => cell.trim() !== ''));
  const columns = header.map((cell) => cell.trim().toLowerCase());
  const cell = (cells: string[], name: string) => (cells[columns.indexOf(name)] ?? '').trim();
  return body.flatMap((cells) => {
    // PostgreSQL does not read a comma before the fraction.
    const time = cell(cells, 'timestamp').replace(/(:\d\d),(?=\d)/, '$1.');
    if (columns.includes('value')) {
      const byId = EVENTS.find(({ publicId }) => publicId === cell(cells, 'event_public_id'));
      const named = cell(cells, 'event') || cell(cells, 'event_name');
      const event = byId ?? EVENTS.find(({ publicId, name }) => [publicId, name].includes(named));
      return [[event?.publicId ?? named, cell(cells, 'value'), time]];
    }
    return columns.flatMap((name, at) => {
      const event = EVENTS.find((one) => [one.name.toLowerCase(), one.publicId].includes(name));
      const value = (cells[at] ?? '').trim();
      return event && value !== '' ? [[event.publicId, value, time]] : [];
    });
  });
}

/** Compares the rows with those stored, both as PostgreSQL prints them. */
async function assertStored(expected: string[][], timezone: string): Promise<void> {
  const client = await site.pool.connect();
  try {
    await client.query(`begin; set local timezone to '${timezone}'`);
    const column = (at: number) => expected.map((row) => row[at]);
    const { rows } = await client.query(
      `with expected as (select event, value::float8::text, time::timestamptz::text
                           from unnest($1::text[], $2::text[], $3::text[]) as e (event, value, time)),
            stored as (select event_public_id, value::text, timestamp::text from datapoints)
       (select 'missing' as what, * from (table expected except all table stored) m)
       union all (select 'added', * from (table stored except all table expected) a)`,
      [column(0), column(1), column(2)],
    );
    assert.equal(rows.length, 0, JSON.stringify(rows));
  } finally {
    await client.query('rollback');
    client.release();
  }
}
