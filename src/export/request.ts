import type { ClientBase } from 'pg';
import { InvalidInputError, NotFoundError } from '../errors.ts';
import { ISO_8601 } from '../text/iso-8601.ts';
import type { Instant } from './instant.ts';

/** Which datapoints to export. */
export interface ExportRequest {
  experimentPublicId: string;
  /** ISO 8601, inclusive; UTC without an offset. */
  from?: string;
  /** ISO 8601, exclusive; UTC without an offset. */
  to?: string;
  /** All events if omitted. */
  eventPublicIds?: readonly string[];
}

export interface EventRow {
  public_id: string;
  name: string;
  unit: string | null;
}

/** invalid_datetime_format, datetime_field_overflow */
const INVALID_TIME = new Set(['22007', '22008']);

/**
 * Checks a request, and returns it with times that have an offset; those without are read in the time zone of the client.
 * @throws InvalidInputError unless `from` and `to` are times and `from` is before `to`; NotFoundError for an unknown
 * experiment
 */
export async function checkRequest(client: ClientBase, request: ExportRequest): Promise<ExportRequest> {
  const { experimentPublicId, from, to } = request;
  for (const time of [from, to]) {
    if (time !== undefined && !ISO_8601.test(time.toUpperCase())) {
      throw invalidTime(time);
    }
  }

  const { rows } = await client
    .query<{ exists: boolean; empty: boolean | null; from: string | null; to: string | null }>(
      `select exists (select from experiments where public_id = $1), $2::timestamptz >= $3::timestamptz as empty,
              $2::timestamptz::text as from, $3::timestamptz::text as to`,
      [experimentPublicId, from, to],
    )
    .catch((error: { code?: string }) => {
      throw INVALID_TIME.has(error.code ?? '') ? invalidTime([from, to].filter(Boolean).join(' or '), error) : error;
    });
  if (!rows[0]?.exists) {
    throw new NotFoundError(`There is no experiment ${experimentPublicId}.`);
  }
  if (rows[0].empty) {
    throw new InvalidInputError(`The end of the export (${to}) is not after its start (${from}).`);
  }
  return { ...request, ...(from && { from: rows[0].from ?? from }), ...(to && { to: rows[0].to ?? to }) };
}

function invalidTime(time: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`"${time}" is not a valid time.`, {
    hint: 'Use a form such as 2026-01-31 or 2026-01-31T12:30:00+01:00.',
    cause,
  });
}

/** Returns when an experiment started, or its first datapoint if it has no start; `undefined` without either. */
export async function startOf(client: ClientBase, { experimentPublicId }: ExportRequest): Promise<Instant | undefined> {
  const { rows } = await client.query<Instant>(
    `select extract(epoch from date_trunc('second', started))::float8 as seconds,
            extract(microseconds from started)::int % 1000000 as micros
     from (
       select coalesce(
         (select started_on from experiments where public_id = $1 and isfinite(started_on)),
         (select min(timestamp) from datapoints where experiment_public_id = $1 and isfinite(timestamp))
       ) as started
     ) as found where started is not null`,
    [experimentPublicId],
  );
  return rows[0];
}

/**
 * Returns the events of a request: all, if it names none.
 * @throws NotFoundError for an unknown one
 */
export async function eventsOf(client: ClientBase, request: ExportRequest): Promise<EventRow[]> {
  const wanted = request.eventPublicIds;
  const { rows } = await client.query<EventRow>(
    'select public_id, name, unit from events where $1::varchar[] is null or public_id = any ($1)',
    [wanted],
  );
  const found = new Set(rows.map((event) => event.public_id));
  const missing = wanted?.find((publicId) => !found.has(publicId));
  if (missing !== undefined) {
    throw new NotFoundError(`There is no event ${missing}.`);
  }
  return rows;
}
