import type { ClientBase } from 'pg';
import { microseconds, type Slice, selection } from './query.ts';
import type { ExportRequest } from './request.ts';

/** Large enough that starting a slice costs nothing, small enough that some of them fit into memory. */
const ROWS_PER_SLICE = 25_000n;
/** Where PostgreSQL's time can be calculated with: it also knows `infinity`. */
const ORDINARY = `BETWEEN '0001-01-01' AND '9999-12-31'`;

/**
 * Cuts the time of an export into slices with about as many rows each where rows come at a steady rate, and counts the
 * rows. Cuts lie between distinct timestamps, so rows with one timestamp are never torn apart.
 */
export async function planSlices(
  client: ClientBase,
  request: ExportRequest,
): Promise<{ slices: Slice[]; totalRows: number }> {
  // Without the counts PostgreSQL would walk the whole table's timestamps in search of the first that matches.
  const { rows } = await client.query<{ first: string | null; last: string | null; ordinary: string; total: string }>(
    `SELECT ${microseconds(`min(d.timestamp) FILTER (WHERE d.timestamp ${ORDINARY})`)} AS first,
            ${microseconds(`max(d.timestamp) FILTER (WHERE d.timestamp ${ORDINARY})`)} AS last,
            count(*) FILTER (WHERE d.timestamp ${ORDINARY}) AS ordinary,
            count(*) AS total
     FROM datapoints d WHERE ${selection(request)}`,
  );
  const { first, last, ordinary, total } = rows[0] ?? { first: null, last: null, ordinary: '0', total: '0' };
  const totalRows = Number(total);
  if (first === null || last === null) return { slices: totalRows > 0 ? [{}] : [], totalRows };

  const from = BigInt(first);
  const to = BigInt(last) + 1n;
  const slices: Slice[] = evenSlices(from, to, BigInt(ordinary) / ROWS_PER_SLICE + 1n);
  if (ordinary !== total) {
    slices.unshift({ to: from });
    slices.push({ from: to });
  }
  return { slices, totalRows };
}

function evenSlices(from: bigint, to: bigint, wanted: bigint): Slice[] {
  const span = to - from;
  const count = wanted < span ? wanted : span;
  const cut = (at: bigint) => from + (span * at) / count;
  return Array.from({ length: Number(count) }, (_, at) => ({ from: cut(BigInt(at)), to: cut(BigInt(at) + 1n) }));
}
