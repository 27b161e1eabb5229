import type { ClientBase } from 'pg';
import { extentOf } from './extent.ts';
import type { ExportRequest } from './request.ts';

/**
 * Returns the first and the last timestamp, in UTC, that there is of the experiments and events of a request at any time;
 * `undefined` if there is none in the years 1 to 9999.
 */
export async function availableRange(
  client: ClientBase,
  { from, to, ...rest }: ExportRequest,
): Promise<{ first: string; last: string } | undefined> {
  const { first, last } = await extentOf(client, rest, true);
  return first === undefined || last === undefined ? undefined : { first: isoTime(first), last: isoTime(last) };
}

function isoTime(microseconds: bigint): string {
  return new Date(Number(microseconds / 1000n)).toISOString().replace('.000Z', 'Z');
}
