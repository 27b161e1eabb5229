import type { EntityManager } from '@mikro-orm/postgresql';
import type { DependentRows } from '../database/cascade.ts';
import { SCHEMA_KEY } from '../database/current-schema.ts';
import { query } from '../database/query.ts';
import { insert, saveChanges } from '../database/repository.ts';
import { Datapoint, Experiment, LogEntry } from '../entities/index.ts';
import { isoTimestamp } from '../entities/types.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import { shellWord } from '../text/shell-word.ts';
import { rowName } from './checks.ts';
import { type OwnerChange, ownerOf } from './ownership.ts';

export type ExperimentRow = Experiment;

/** Times are ISO 8601; `stoppedOn` is not before `startedOn`. */
export interface ExperimentDefinition {
  name: string;
  startedOn: string;
  stoppedOn: string;
}

/** The advisory lock for starting an experiment: of two at once, only one finds none running. */
const START_LOCK = 0x65787072;

/** Returns the running experiments: those without an end, as the WebMACS server defines it. */
export async function activeExperiments(em: EntityManager): Promise<ExperimentRow[]> {
  return await em.find(Experiment, { stoppedOn: null }, { orderBy: { id: 'desc' } });
}

/**
 * Creates an experiment that has ended, without a log entry.
 * @throws InvalidInputError, ConflictError
 */
export async function createExperiment(
  em: EntityManager,
  { name, startedOn, stoppedOn }: ExperimentDefinition,
  userPublicId: string,
): Promise<ExperimentRow> {
  return await insert(em, Experiment, { ...experimentColumns({ name, startedOn, stoppedOn }), user: userPublicId });
}

/** @throws InvalidInputError */
export function experimentColumns({ name, startedOn, stoppedOn }: ExperimentDefinition) {
  rowName('name', name);
  requireOrder(startedOn, stoppedOn);
  return { name, startedOn: isoTimestamp(startedOn), stoppedOn: isoTimestamp(stoppedOn) };
}

/**
 * Starts an experiment, and writes the same log entry as the WebMACS server.
 * @param concurrent whether another experiment may be running
 * @param at when it started
 * @throws InvalidInputError; ConflictError if another experiment is running, or the name is taken
 */
export async function startExperiment(
  em: EntityManager,
  name: string,
  userPublicId: string,
  { concurrent, at }: { concurrent: boolean; at: string },
): Promise<ExperimentRow> {
  rowName('name', name);
  return await em.fork().transactional(async (inner) => {
    await query(inner, `select pg_advisory_xact_lock(?, ${SCHEMA_KEY})`, [START_LOCK]);
    const [running] = concurrent ? [] : await activeExperiments(inner);
    if (running && running.name !== name) {
      throw new ConflictError(`Experiment "${running.name}" is running.`, {
        hint: `Stop it with "webmacs experiments stop", or pass --concurrent.`,
      });
    }
    const experiment = await insert(inner, Experiment, {
      name,
      startedOn: isoTimestamp(at),
      user: userPublicId,
    });
    await log(inner, `Experiment '${name}' started.`, userPublicId);
    return experiment;
  });
}

/**
 * Stops an experiment, and writes the same log entry as the WebMACS server.
 * @param at when it stopped
 * @throws InvalidInputError if it had not started then; ConflictError if it is not running
 */
export async function stopExperiment(
  em: EntityManager,
  experiment: ExperimentRow,
  userPublicId: string,
  at: string,
): Promise<ExperimentRow> {
  requireOrder(experiment.startedOn, at);
  return await em.fork().transactional(async (inner) => {
    const stopped = await inner.nativeUpdate(
      Experiment,
      { publicId: experiment.publicId, stoppedOn: null },
      { stoppedOn: at },
    );
    if (stopped === 0) {
      throw new ConflictError(`Experiment "${experiment.name}" is not running.`);
    }
    await log(inner, `Experiment '${experiment.name}' stopped.`, userPublicId);
    return await inner.findOneOrFail(Experiment, { publicId: experiment.publicId });
  });
}

/**
 * Changes the given properties of an experiment, without a log entry.
 * @throws InvalidInputError, ConflictError
 */
export async function updateExperiment(
  em: EntityManager,
  experiment: ExperimentRow,
  { name, startedOn, stoppedOn, ...owner }: Partial<ExperimentDefinition> & OwnerChange,
): Promise<ExperimentRow> {
  requireOrder(startedOn ?? experiment.startedOn, stoppedOn ?? experiment.stoppedOn);
  const change = defined({
    name: name === undefined ? undefined : rowName('name', name, experiment.name),
    startedOn: startedOn === undefined ? undefined : isoTimestamp(startedOn),
    stoppedOn: stoppedOn === undefined ? undefined : isoTimestamp(stoppedOn),
  });
  return await saveChanges(em, experiment, { ...change, ...ownerOf(owner) });
}

/** @throws InvalidInputError if an experiment would stop before it starts */
function requireOrder(startedOn: string | null | undefined, stoppedOn: string | null | undefined): void {
  if (startedOn && stoppedOn && Date.parse(stoppedOn) < Date.parse(startedOn)) {
    throw new InvalidInputError(`An experiment cannot stop before it starts: ${stoppedOn} is before ${startedOn}.`, {
      hint: 'Choose other times.',
    });
  }
}

/** From here on datapoints are not counted to choose an experiment, since that would take too long. */
export const MANY = 10_000;

/** Counts the datapoints of experiments, by public id; one more than {@link MANY} if there are more. */
export async function datapointCounts(
  em: EntityManager,
  experiments: readonly ExperimentRow[],
): Promise<Map<string, number>> {
  const ids = experiments.map(({ publicId }) => publicId);
  // Each by itself, since several servers cannot count for the rows of another table.
  const counts = ids.map(
    () => `select ?::text as id, (select count(*)::int from (
             select 1 from datapoints where experiment_public_id = ? limit ${MANY + 1}) counted) as count`,
  );
  const rows = await query<{ id: string; count: number }>(
    em,
    counts.join(' union all ') || 'select where false',
    ids.flatMap((id) => [id, id]),
  );
  return new Map(rows.map(({ id, count }) => [id, count]));
}

/** The datapoints of an experiment, which outlive it unless they are deleted with it. */
export const DATAPOINTS_OF_EXPERIMENT: DependentRows = {
  entity: Datapoint,
  condition: 'experiment_public_id = (select public_id from experiments where id = ?)',
};

/**
 * Checks that an experiment is not running; in a transaction, no datapoint is added to it until the end.
 * @throws ConflictError
 */
export async function requireStopped(em: EntityManager, { id, name }: ExperimentRow): Promise<void> {
  const [row] = await query<{ running: boolean }>(
    em,
    `select stopped_on is null as running from experiments where id = ?${em.isInTransaction() ? ' for update' : ''}`,
    [id],
  );
  if (row?.running) {
    throw new ConflictError(`Experiment "${name}" is running, so datapoints are still added to it.`, {
      hint: `Stop it first: webmacs experiments stop ${shellWord(name)}`,
    });
  }
}

async function log(em: EntityManager, content: string, userPublicId: string): Promise<void> {
  await insert(em, LogEntry, { content, loggingType: 'info', user: userPublicId });
}
