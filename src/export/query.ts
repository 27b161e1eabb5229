import { literal } from '../database/sql.ts';
import type { ExportRequest } from './request.ts';

/** A half-open time range in microseconds since 1970, `from` inclusive, `to` exclusive; unbounded if absent. */
export interface Slice {
  from?: bigint;
  to?: bigint;
}

/** Returns the condition that selects the datapoints `d` of a request. COPY takes no parameters, so values are literals. */
export function selection(request: ExportRequest): string {
  const { experimentPublicId, from, to, eventPublicIds: events } = request;
  const conditions = [
    `d.experiment_public_id = ${literal(experimentPublicId)}`,
    from !== undefined && `d.timestamp >= ${literal(from)}::timestamptz`,
    to !== undefined && `d.timestamp < ${literal(to)}::timestamptz`,
    events && `d.event_public_id = any (array[${events.map(literal).join(', ')}]::varchar[])`,
  ];
  return conditions.filter(Boolean).join(' and ');
}

/** Returns the condition that selects the datapoints `d` of a request in one slice, by constants, so that the planner uses its statistics. */
export function sliceSelection(request: ExportRequest, { from, to }: Slice): string {
  const conditions = [
    selection(request),
    from !== undefined && `d.timestamp >= timestamptz ${literal(timeOf(from))}`,
    to !== undefined && `d.timestamp < timestamptz ${literal(timeOf(to))}`,
  ];
  return conditions.filter(Boolean).join(' and ');
}

/**
 * Returns the query for the datapoints of one slice in order, in the text format, whose escaping takes the server a quarter less
 * time than the quoting of CSV. All that the server need not do is done here, for it is the bottleneck of an export: a join and
 * `to_char` would take it more than twice as long.
 * @param columns those of `datapoints d` that are read
 */
export function copyQuery(request: ExportRequest, slice: Slice, columns: string): string {
  return `copy (
    select ${columns}
    from datapoints d
    where ${sliceSelection(request, slice)}
    order by d.timestamp, d.id
  ) to stdout`;
}

/** Returns SQL for a time in microseconds since 1970: a JavaScript Date would drop the digits below milliseconds. */
export function microseconds(expression: string): string {
  return `(extract(epoch from ${expression}) * 1000000)::bigint`;
}

/** Returns ISO 8601 for microseconds since 1970, only for the years 1 to 9999. */
export function timeOf(sinceEpoch: bigint): string {
  const beyond = ((sinceEpoch % 1000n) + 1000n) % 1000n;
  const text = new Date(Number((sinceEpoch - beyond) / 1000n)).toISOString();
  return text.replace('Z', `${String(beyond).padStart(3, '0')}Z`);
}
