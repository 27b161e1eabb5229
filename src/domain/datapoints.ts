import { type FilterQuery, raw } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { byEvent } from '../database/distributed.ts';
import { query } from '../database/query.ts';
import { rangeCondition, type TimeRange } from '../database/time-range.ts';
import { Datapoint, Experiment } from '../entities/index.ts';
import { isoTimestamp } from '../entities/types.ts';
import { defined } from '../text/defined.ts';
import { eventsOf } from './events.ts';

export type DatapointRow = Datapoint;

/** Selects datapoints; all given conditions must hold. */
export interface Selection extends TimeRange {
  eventPublicIds?: string[];
  experimentPublicId?: string;
}

/** Returns the selection as a filter of the ORM. */
export function selectionFilter({
  eventPublicIds,
  experimentPublicId,
  ...range
}: Selection): FilterQuery<DatapointRow> {
  return defined({
    event: eventPublicIds && { $in: eventPublicIds },
    experiment: experimentPublicId,
    timestamp: rangeCondition(range),
  });
}

/** Returns the names of the events and experiments that the datapoints refer to, by public id. */
export async function namesOf(
  em: EntityManager,
  datapoints: DatapointRow[],
): Promise<{ events: Map<string, { name: string; unit: string }>; experiments: Map<string, string> }> {
  const events = await eventsOf(
    em,
    datapoints.map(({ event }) => event.publicId),
  );
  const ids = new Set(datapoints.flatMap(({ experiment }) => experiment?.publicId ?? []));
  const experiments = await em.find(Experiment, { publicId: { $in: [...ids] } });
  return { events, experiments: new Map(experiments.map(({ publicId, name }) => [publicId, name])) };
}

/**
 * SQL for the datapoints of an event `e`, the last one first, by the index on both. With an equality, PostgreSQL knows that the
 * event does not order anything, and may read the index on the time instead: all of it for an event without datapoints.
 */
export const OF_EVENT = 'event_public_id >= e.public_id and event_public_id <= e.public_id';
export const LATEST_FIRST = 'event_public_id desc, timestamp desc, id desc';

/** The last value of an event. */
export type Latest = {
  event: string;
  timestamp: string;
  value: number | string;
  unit: string;
  event_public_id: string;
};

/** Returns the last value of each event that has one, with one index lookup per event. */
export async function latestValues(em: EntityManager, eventPublicIds: string[] | undefined): Promise<Latest[]> {
  const rows = await byEvent(em, eventPublicIds, async (only, ids) =>
    query<Latest>(
      em,
      `select e.name as event, d.timestamp, d.value, e.unit, e.public_id as event_public_id
         from events e
         cross join lateral (
           select timestamp, value from datapoints
            where ${only ?? OF_EVENT} order by ${LATEST_FIRST} limit 1
         ) d
        where ?::text is null or e.public_id = any (string_to_array(?, ','))
        order by e.name`,
      [ids?.join(',') ?? null, ids?.join(',') ?? null],
    ),
  );
  return rows.map((row) => ({ ...row, timestamp: isoTimestamp(row.timestamp), value: jsonNumber(row.value) }));
}

export type DatapointTarget = Selection | { publicIds: string[] };

export async function countDatapoints(em: EntityManager, target: DatapointTarget): Promise<number> {
  return await em.count(Datapoint, filterOf(target));
}

/** Deletes the datapoints in one transaction, and returns how many there were. */
export async function deleteDatapoints(em: EntityManager, target: DatapointTarget): Promise<number> {
  return await em.nativeDelete(Datapoint, filterOf(target));
}

function filterOf(target: DatapointTarget): FilterQuery<DatapointRow> {
  return 'publicIds' in target ? { publicId: { $in: target.publicIds } } : selectionFilter(target);
}

/** The properties of a datapoint that can be corrected. */
export interface DatapointChange {
  /** As PostgreSQL reads a double, including NaN and the infinities. */
  value: string;
  /** Null for no experiment. */
  experimentPublicId: string | null;
}

/** Changes the given properties of a datapoint. */
export async function updateDatapoint(
  em: EntityManager,
  datapoint: DatapointRow,
  { value, experimentPublicId }: Partial<DatapointChange>,
): Promise<DatapointRow> {
  await em.nativeUpdate(
    Datapoint,
    { publicId: datapoint.publicId },
    defined({ value: value === undefined ? undefined : raw('?::float8', [value]), experiment: experimentPublicId }),
  );
  return await em.refreshOrFail(datapoint);
}

/** How many datapoints are assigned to an experiment, and how many of the others belong to another one. */
export interface Assigned {
  assigned: number;
  others: number;
}

/** Counts what {@link assignDatapoints} would do. */
export async function countAssignable(
  em: EntityManager,
  selection: Selection,
  experimentPublicId: string,
  reassign: boolean,
): Promise<Assigned> {
  return {
    assigned: await em.count(Datapoint, assignable(selection, experimentPublicId, reassign)),
    others: reassign ? 0 : await em.count(Datapoint, ofOthers(selection, experimentPublicId)),
  };
}

/**
 * Assigns the selected datapoints that belong to no experiment to one, in one transaction.
 * @param reassign whether also those of other experiments
 */
export async function assignDatapoints(
  em: EntityManager,
  selection: Selection,
  experimentPublicId: string,
  reassign: boolean,
): Promise<Assigned> {
  const which = assignable(selection, experimentPublicId, reassign);
  return {
    assigned: await em.nativeUpdate(Datapoint, which, { experiment: experimentPublicId }),
    others: reassign ? 0 : await em.count(Datapoint, ofOthers(selection, experimentPublicId)),
  };
}

function assignable(selection: Selection, experimentPublicId: string, reassign: boolean): FilterQuery<DatapointRow> {
  const free = { $and: [selectionFilter(selection), { experiment: null }] };
  return reassign ? { $or: [free, ofOthers(selection, experimentPublicId)] } : free;
}

function ofOthers(selection: Selection, experimentPublicId: string): FilterQuery<DatapointRow> {
  return { $and: [selectionFilter(selection), { experiment: { $ne: experimentPublicId } }] };
}

/** A part of an SQL statement, with its parameters. */
export interface Sql {
  sql: string;
  parameters: unknown[];
}

/** Returns the condition that a datapoint `d` meets all of the conditions whose parameter is given. */
export function allGiven(conditions: Record<string, string | undefined>): Sql {
  const given = Object.entries(conditions).filter(([, parameter]) => parameter !== undefined);
  return {
    sql: ['true', ...given.map(([condition]) => condition)].join(' and '),
    parameters: given.map(([, parameter]) => parameter),
  };
}

/** Returns the value, or NaN and the infinities as text: JSON cannot represent them. */
export function jsonNumber(value: number | string): number | string {
  return Number.isFinite(value) ? value : String(value);
}
