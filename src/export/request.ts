import type { ClientBase } from 'pg';
import { InvalidInputError, NotFoundError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import { ISO_8601 } from '../text/iso-8601.ts';
import type { Instant } from './instant.ts';

/** Which datapoints to export. */
export interface ExportRequest {
  /** One, several, or `null` for the datapoints that belong to none; those of all and of none if omitted. */
  experimentPublicId?: string | readonly string[] | null;
  /** ISO 8601, inclusive; UTC without an offset. */
  from?: string;
  /** ISO 8601, exclusive; UTC without an offset. */
  to?: string;
  /** All events if omitted. */
  eventPublicIds?: readonly string[];
}

export function experimentsNamed({ experimentPublicId: given }: ExportRequest): readonly string[] {
  return typeof given === 'string' ? [given] : (given ?? []);
}

export interface EventRow {
  public_id: string;
  name: string;
  unit: string | null;
  min_value: number;
  max_value: number;
}

export interface ExperimentRow {
  public_id: string;
  name: string;
}

/** invalid_datetime_format, datetime_field_overflow */
const INVALID_TIME = new Set(['22007', '22008']);

/**
 * Checks a request, and returns it with times that have an offset, which mean the same in every time zone of the session.
 * @throws InvalidInputError unless `from` and `to` are times and `from` is before `to`; NotFoundError for an unknown
 * experiment
 */
export async function checkRequest(client: ClientBase, request: ExportRequest): Promise<ExportRequest> {
  const from = request.from && zoned(request.from);
  const to = request.to && zoned(request.to);
  const { rows } = await client
    .query<{ unknown: string | null; empty: boolean | null }>(
      `select (select public_id from unnest($1::varchar[]) as named (public_id)
                where not exists (select from experiments e where e.public_id = named.public_id) limit 1) as unknown,
              $2::timestamptz >= $3::timestamptz as empty`,
      [experimentsNamed(request), from, to],
    )
    .catch((error: { code?: string }) => {
      const given = [request.from, request.to].filter(Boolean).join(' or ');
      throw INVALID_TIME.has(error.code ?? '') ? invalidTime(given, error) : error;
    });
  if (rows[0]?.unknown != null) {
    throw new NotFoundError(`Experiment "${rows[0].unknown}" not found.`);
  }
  if (rows[0]?.empty) {
    throw new InvalidInputError(`The end of the export (${request.to}) is not after its start (${request.from}).`);
  }
  return { ...request, ...defined({ from, to }) };
}

/** @throws InvalidInputError */
function zoned(time: string): string {
  const parts = ISO_8601.exec(time.toUpperCase());
  if (!parts) {
    throw invalidTime(time);
  }
  return parts[6] === undefined ? `${time}Z` : time;
}

function invalidTime(time: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`"${time}" is not a valid time.`, {
    hint: 'Use a form such as 2026-01-31 or 2026-01-31T12:30:00+01:00.',
    cause,
  });
}

/**
 * Returns when the experiment of a request started, or its first datapoint if it has no start; `undefined` without either.
 * @throws InvalidInputError unless the request is of one experiment
 */
export async function startOf(client: ClientBase, request: ExportRequest): Promise<Instant | undefined> {
  const [experimentPublicId, another] = experimentsNamed(request);
  if (experimentPublicId === undefined || another !== undefined) {
    throw new InvalidInputError('Times since the start of the experiment need a file of one experiment.', {
      hint: another
        ? 'Pass --layout per-experiment, or another --time-format.'
        : 'Pass another --time-format, or name one experiment.',
    });
  }
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
    'select public_id, name, unit, min_value, max_value from events where $1::varchar[] is null or public_id = any ($1)',
    [wanted],
  );
  const found = new Set(rows.map((event) => event.public_id));
  const missing = wanted?.find((publicId) => !found.has(publicId));
  if (missing !== undefined) {
    throw new NotFoundError(`Event "${missing}" not found.`);
  }
  return rows;
}

/** Returns the experiments of a request whose datapoints may belong to different ones; `undefined` for any other. */
export async function experimentsOf(client: ClientBase, request: ExportRequest): Promise<ExperimentRow[] | undefined> {
  const { experimentPublicId: given } = request;
  const isAcross = given === undefined || (Array.isArray(given) && given.length !== 1);
  if (!isAcross) {
    return undefined;
  }
  const named = given === undefined ? null : experimentsNamed(request);
  const { rows } = await client.query<ExperimentRow>(
    'select public_id, name from experiments where $1::varchar[] is null or public_id = any ($1)',
    [named],
  );
  return rows;
}
