import type { ClientBase } from 'pg';
import { extentOf } from '../export/extent.ts';
import { timeOf } from '../export/query.ts';
import { checkRequest, type ExportRequest } from '../export/request.ts';
import { eventsInFile } from '../export/shape/titled-events.ts';
import { type SeriesEvent, seriesEvent } from './model.ts';

/** The series of a selection, and the time that a drawing of them shows: in seconds since 1970, `to` exclusive. */
export interface SelectedSeries {
  events: SeriesEvent[];
  from: number;
  to: number;
  /** Whether there are datapoints at times that no axis has, such as `infinity`. */
  beyond: boolean;
}

/** The resolution of the database. */
const MICROSECOND = 1e-6;
/** In seconds. */
const ROOM = 30;

/**
 * Returns the events of a selection, or those that have datapoints, and the time of their datapoints; where the selection has
 * limits, those. `undefined` if there is no datapoint.
 * @param span how many seconds before the last datapoint it starts, if it has no start; it then ends at that datapoint
 * @throws InvalidInputError, NotFoundError
 */
export async function selectSeries(
  client: ClientBase,
  selection: ExportRequest,
  span = Number.POSITIVE_INFINITY,
): Promise<SelectedSeries | undefined> {
  const request = await checkRequest(client, selection);
  const { first, last, beyond, rows } = await extentOf(client, request, true);
  if (first === undefined || last === undefined) {
    return undefined;
  }
  // A single time is in the middle of an axis.
  const room = first === last ? ROOM : 0;
  const isLatest = request.from === undefined && Number.isFinite(span);
  const end = Number(last) / 1e6 + Math.max(room, MICROSECOND);
  const to = request.to === undefined || isLatest ? end : secondsOf(request.to);
  const from = request.from === undefined ? Math.max(Number(first) / 1e6 - room, to - span) : secondsOf(request.from);
  const shown = { first: BigInt(Math.floor(from * 1e6)), last, beyond: false, rows };
  const range = { from: timeOf(shown.first), to: timeOf(last + 1n) };
  const events = await eventsInFile(client, { ...request, ...range }, shown);
  return {
    events: events.map(seriesEvent),
    from,
    to: Math.max(to, from + MICROSECOND),
    beyond,
  };
}

/** @param iso with an offset, and up to six digits of a second */
function secondsOf(iso: string): number {
  const [fraction = ''] = /\.\d+/.exec(iso) ?? [];
  return Date.parse(iso.replace(fraction, '')) / 1000 + Number(`0${fraction}`);
}
