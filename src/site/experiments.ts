import type { EntityManager } from '@mikro-orm/postgresql';
import { SCHEMA_KEY } from '../database/current-schema.ts';
import { databaseFailure } from '../database/failure.ts';
import { query } from '../database/query.ts';
import { Experiment, LogEntry } from '../entities/index.ts';
import { ConflictError } from '../errors.ts';
import { rowName } from './checks.ts';

export type ExperimentRow = Experiment;

/** Everybody who starts an experiment takes this advisory lock, so that two at once cannot both find none running. */
const START_LOCK = 0x65787072;

/** The experiments that run now, as the server sees it: those without an end. */
export async function activeExperiments(em: EntityManager): Promise<ExperimentRow[]> {
  return await em.find(Experiment, { stoppedOn: null }, { orderBy: { id: 'desc' } });
}

/**
 * Starts an experiment under the acting user, and writes the log entry that the server would.
 * @param concurrent whether another one may be running
 * @throws InvalidInputError; ConflictError when another one is running, or the name is taken
 */
export async function startExperiment(
  em: EntityManager,
  name: string,
  userPublicId: string,
  { concurrent, now }: { concurrent: boolean; now: Date },
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
    const experiment = inner.create(Experiment, { name, startedOn: now.toISOString(), user: userPublicId });
    await inner.flush().catch((error: unknown) => {
      throw databaseFailure(error, 'the database');
    });
    await log(inner, `Experiment '${name}' started.`, userPublicId);
    return experiment;
  });
}

/**
 * Ends an experiment, and writes the log entry that the server would.
 * @throws ConflictError when it has ended already
 */
export async function stopExperiment(
  em: EntityManager,
  experiment: ExperimentRow,
  userPublicId: string,
  now: Date,
): Promise<ExperimentRow> {
  return await em.fork().transactional(async (inner) => {
    const stopped = await inner.nativeUpdate(
      Experiment,
      { publicId: experiment.publicId, stoppedOn: null },
      { stoppedOn: now.toISOString() },
    );
    if (stopped === 0) {
      throw new ConflictError(`Experiment "${experiment.name}" is not running.`);
    }
    await log(inner, `Experiment '${experiment.name}' stopped.`, userPublicId);
    return await inner.findOneOrFail(Experiment, { publicId: experiment.publicId });
  });
}

/**
 * Gives an experiment another name.
 * @throws InvalidInputError, ConflictError
 */
export async function renameExperiment(
  em: EntityManager,
  experiment: ExperimentRow,
  name: string,
): Promise<ExperimentRow> {
  em.assign(experiment, { name: rowName('name', name, experiment.name) });
  await em.flush().catch((error: unknown) => {
    throw databaseFailure(error, 'the database');
  });
  return experiment;
}

async function log(em: EntityManager, content: string, userPublicId: string): Promise<void> {
  em.create(LogEntry, { content, loggingType: 'info', user: userPublicId });
  await em.flush();
}
