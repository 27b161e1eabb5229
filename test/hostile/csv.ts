import { strict as assert } from 'node:assert';
import { Readable, Writable } from 'node:stream';
import { parse } from 'csv-parse/sync';
import { WebmacsError } from '../../src/errors.ts';
import { importDatapoints } from '../../src/ingest/import-datapoints.ts';
import { cellsOfLines } from '../ingest/loggers/reader.ts';
import { EVENTS, mutantOf } from './csv-mutations.ts';
import { partOptions, reportResult } from './part.ts';
import { pick, randomFrom } from './random.ts';
import { hostileSite } from './site.ts';

/**
 * Imports mutated CSV files in this process. A refusal is one of the program's errors and stores nothing. What is stored from a
 * file without bad lines is what csv-parse reads from it, with the numbers and times that PostgreSQL reads; from another one, no
 * more than its lines say.
 */
const TITLE = /^(?:event|value|event_name|event_public_id|Air flow|Bed temperature)$/i;
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
  const skipBad = new Writable({ write: (_piece, _encoding, done) => done() });
  const given = { ...(timezone && { timezone }), ...(skips && { skipBad, maxBad: 0.9 }) };
  const request = { events: EVENTS, onDuplicate: 'keep' as const, ...given };
  // In pieces, so that characters and quotes are split between them.
  const pieces = [bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)].filter(({ length }) => length);
  try {
    const summary = await importDatapoints(site.pool, Readable.from(pieces), request);
    assert.equal(summary.rows, await site.value('select count(*)::int from datapoints'), 'rows reported');
    await assertStored(rowsOf(textOf(bytes), summary.bad > 0), timezone ?? 'UTC', summary.bad > 0);
    accepted++;
    rows += summary.rows;
    rejected += summary.bad;
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

/** The text of a file in UTF-8 or UTF-16, whose lines may end in bare carriage returns if none has a line feed. */
function textOf(bytes: Buffer): string {
  const isWide = bytes.filter((byte) => byte === 0).length > bytes.length / 3;
  const text = bytes.toString(isWide ? 'utf16le' : 'utf8').replace(/^\ufeff/, '');
  return text.includes('\n') ? text : text.replaceAll('\r', '\n');
}

/** How well a line is split: the titles that it has, and else the cells. */
function titled(line: string, delimiter: string): number {
  const cells = line.split(delimiter);
  return cells.length + 100 * cells.filter((cell) => TITLE.test(cell)).length;
}

/** Returns event, value and time of each datapoint in a CSV file, as text. */
function rowsOf(text: string, isDamaged: boolean): string[][] {
  // A line end may be in the header.
  const first = text
    .split('\n', 2)
    .join('\n')
    .replace(/"[^"]*"/g, '');
  const delimiter = [',', ';', '\t'].reduce((best, one) => (titled(first, one) > titled(first, best) ? one : best));
  const records: string[][] = isDamaged
    ? cellsOfLines(text, delimiter)
    : // A carriage return alone, at the end of the last line, is no line end for csv-parse.
      parse(`${text}\n`, { delimiter, record_delimiter: ['\n', '\r\n'], relax_column_count: true });
  const isHeader = (cells: readonly string[]) => cells.some((cell) => cell.trim().toLowerCase() === 'timestamp');
  const isNamed = (cells: readonly string[]) => cells.some((cell) => TITLE.test(cell.trim()));
  // A damaged title of the time is still that of the first column.
  const header = records.find(isHeader) ?? records.find(isNamed) ?? [];
  const body = records.slice(records.indexOf(header) + 1);
  const columns = header.map((cell) => cell.trim().toLowerCase());
  const cell = (cells: string[], name: string) => (cells[columns.indexOf(name)] ?? '').trim();
  const timeTitle = columns.includes('timestamp') ? 'timestamp' : (columns[0] ?? '');
  return body
    .flatMap((cells) => {
      // PostgreSQL does not read a comma before the fraction.
      const time = cell(cells, timeTitle).replace(/(:\d\d),(?=\d)/, '$1.');
      if (columns.includes('value')) {
        const byId = EVENTS.find(({ publicId }) => publicId === cell(cells, 'event_public_id'));
        const named = cell(cells, 'event') || cell(cells, 'event_name');
        const event = byId ?? EVENTS.find(({ publicId, name }) => [publicId, name].includes(named));
        return [[event?.publicId ?? named, cell(cells, 'value'), time]];
      }
      return columns.flatMap((name, at) => {
        const event = EVENTS.find((one) => [one.name.toLowerCase(), one.publicId].includes(name));
        const value = (cells[at] ?? '').trim();
        return event && name !== timeTitle && value !== '' ? [[event.publicId, value, time]] : [];
      });
    })
    .filter((row) => !row.join().includes('\0'));
}

/**
 * Compares the rows with those stored, both as PostgreSQL prints them. NaN may be a missing value.
 * @param isPart whether some may not be stored
 */
async function assertStored(expected: string[][], timezone: string, isPart: boolean): Promise<void> {
  const client = await site.pool.connect();
  try {
    await client.query(`begin; set local timezone to '${timezone}'`);
    const column = (at: number) => expected.map((row) => row[at]);
    const { rows } = await client.query(
      `with expected as (select event, value::float8::text, time::timestamptz::text
                           from unnest($1::text[], $2::text[], $3::text[]) as e (event, value, time)
                          where pg_input_is_valid(value, 'float8') and pg_input_is_valid(time, 'timestamptz')),
            stored as (select event_public_id, value::text, timestamp::text from datapoints)
       (select 'missing' as what, * from (table expected except all table stored) m where not $4 and value <> 'NaN')
       union all (select 'added', * from (table stored except all table expected) a)`,
      [column(0), column(1), column(2), isPart],
    );
    assert.equal(rows.length, 0, JSON.stringify(rows));
  } finally {
    await client.query('rollback');
    client.release();
  }
}
