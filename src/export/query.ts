import { literal } from '../database/sql.ts';
import type { ExportRequest } from './request.ts';

/** Part of the time, half-open: microseconds since 1970, `from` inclusive, `to` exclusive; absent is unbounded. */
export interface Slice {
  from?: bigint;
  to?: bigint;
}

/** Which datapoints `d` a request means, as a condition. COPY takes no parameters, so the values are literals. */
export function selection(request: ExportRequest): string {
  const conditions = [`d.experiment_public_id = ${literal(request.experimentPublicId)}`];
  if (request.from !== undefined) conditions.push(`d.timestamp >= ${literal(request.from)}::timestamptz`);
  if (request.to !== undefined) conditions.push(`d.timestamp < ${literal(request.to)}::timestamptz`);
  if (request.eventPublicIds !== undefined) {
    conditions.push(`d.event_public_id = ANY (ARRAY[${request.eventPublicIds.map(literal).join(', ')}]::varchar[])`);
  }
  return conditions.join(' AND ');
}

/** The rows of one slice, in the order and form that `CsvRows` takes. */
export function sliceQuery(request: ExportRequest, slice: Slice): string {
  const conditions = [selection(request)];
  if (slice.from !== undefined) conditions.push(`d.timestamp >= ${time(slice.from)}`);
  if (slice.to !== undefined) conditions.push(`d.timestamp < ${time(slice.to)}`);
  return `COPY (
    SELECT d.timestamp, d.event_public_id, d.value, d.public_id
    FROM datapoints d
    WHERE ${conditions.join(' AND ')}
    ORDER BY d.timestamp, d.id
  ) TO STDOUT (FORMAT csv)`;
}

/** SQL for a time in microseconds since 1970: a JavaScript Date would drop what is below a millisecond. */
export function microseconds(expression: string): string {
  return `(extract(epoch FROM ${expression}) * 1000000)::bigint`;
}

function time(sinceEpoch: bigint): string {
  return `(timestamptz 'epoch' + interval '${sinceEpoch} microseconds')`;
}
