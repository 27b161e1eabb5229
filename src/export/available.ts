import type { ClientBase } from 'pg';
import { countedExtent, hasTimeIndex, probedExtent } from './extent.ts';
import type { ExportRequest } from './request.ts';

/**
 * Returns the first and the last timestamp, in UTC, that the experiment has of the events of a request at any time;
 * `undefined` if it has none in the years 1 to 9999.
 */
export async function availableRange(
  client: ClientBase,
  { from, to, ...rest }: ExportRequest,
): Promise<{ first: string; last: string } | undefined> {
  // The index does not cover a filter by event.
  const isProbed = rest.eventPublicIds === undefined && (await hasTimeIndex(client));
  const { first, last } = await (isProbed ? probedExtent : countedExtent)(client, rest);
  return first === undefined || last === undefined ? undefined : { first: isoTime(first), last: isoTime(last) };
}

function isoTime(microseconds: bigint): string {
  return new Date(Number(microseconds / 1000n)).toISOString().replace('.000Z', 'Z');
}
