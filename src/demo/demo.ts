import { Readable } from 'node:stream';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { generatePassword } from '../auth/password.ts';
import { createUser, type UserRow } from '../auth/users.ts';
import { createEvent, type EventRow } from '../domain/events.ts';
import { type ExperimentRow, startExperiment, stopExperiment } from '../domain/experiments.ts';
import { Datapoint, Event, Experiment, User } from '../entities/index.ts';
import { importDatapoints } from '../ingest/import-datapoints.ts';
import { RIG_EVENTS, simulateRig } from './rig.ts';

const DEMO_USER = 'demo';
export const DEMO_EXPERIMENT = 'Demo run';

export const DEMO_DATAPOINTS = 100_000;
const SAMPLES = DEMO_DATAPOINTS / RIG_EVENTS.length;
const SAMPLES_PER_BLOCK = 500;
const SEED = 20_261_123;

/** Returns the admin account of the demo, and its password if it was created now. */
export async function demoUser(em: EntityManager): Promise<{ user: UserRow; password?: string }> {
  const existing = await em.findOne(User, { username: DEMO_USER });
  if (existing) {
    return { user: existing };
  }
  const password = generatePassword();
  const account = { username: DEMO_USER, email: 'demo@webmacs.example', password, admin: true };
  return { user: await createUser(em, account), password };
}

/** Returns the events of the simulated rig; creates the missing ones. */
export async function demoEvents(em: EntityManager, user: UserRow): Promise<EventRow[]> {
  const events: EventRow[] = [];
  for (const definition of RIG_EVENTS) {
    const existing = await em.findOne(Event, { name: definition.name });
    events.push(existing ?? (await createEvent(em, definition, user.publicId)));
  }
  return events;
}

/** Returns the demo's experiment, or null if it has not run. */
export async function findDemoExperiment(em: EntityManager): Promise<ExperimentRow | null> {
  return await em.findOne(Experiment, { name: DEMO_EXPERIMENT });
}

/**
 * Runs the demo's experiment through the ingest path; it stops at `now`.
 * @returns the experiment and its number of datapoints
 */
export async function runDemoExperiment(
  em: EntityManager,
  pool: Pool,
  user: UserRow,
  events: EventRow[],
  { now, signal, onRows }: { now: Date; signal: AbortSignal; onRows: (rows: number, bytes: number) => void },
): Promise<{ experiment: ExperimentRow; rows: number }> {
  const start = new Date(now.getTime() - SAMPLES * 500);
  const started = await startExperiment(em, DEMO_EXPERIMENT, user.publicId, {
    concurrent: true,
    at: start.toISOString(),
  });
  try {
    const { rows } = await importDatapoints(
      pool,
      Readable.from(demoCsv(start), { objectMode: false }),
      // Of an earlier demo, whose experiment was deleted without its datapoints.
      { events, experimentPublicId: started.publicId, onDuplicate: 'skip' },
      { signal, onProgress: ({ rows, bytes }) => onRows(rows, bytes) },
    );
    return { experiment: await stopExperiment(em, started, user.publicId, now.toISOString()), rows };
  } catch (error) {
    // An experiment without datapoints would look like a completed demo.
    await em.nativeDelete(Experiment, { publicId: started.publicId });
    throw error;
  }
}

/** Deletes the datapoints, experiment and events of the demo; the account stays. */
export async function removeDemo(em: EntityManager): Promise<void> {
  await em.fork().transactional(async (inner) => {
    const experiment = await findDemoExperiment(inner);
    const user = await inner.findOne(User, { username: DEMO_USER });
    if (experiment) {
      await inner.nativeDelete(Datapoint, { experiment: experiment.publicId });
      await inner.nativeDelete(Experiment, { publicId: experiment.publicId });
    }
    if (user) {
      const names = RIG_EVENTS.map(({ name }) => name);
      await inner.nativeDelete(Event, { name: { $in: names }, user: user.publicId });
    }
  });
}

/** Yields the run as CSV: one line per sample, one column per event. */
function* demoCsv(start: Date): Generator<string> {
  const names = RIG_EVENTS.map(({ name }) => name);
  let block = `timestamp,${names.join(',')}\n`;
  let lines = 0;
  for (const { seconds, values } of simulateRig(SAMPLES, SEED)) {
    const timestamp = new Date(start.getTime() + seconds * 1000).toISOString();
    block += `${timestamp},${names.map((name) => values[name].toFixed(3)).join(',')}\n`;
    lines += 1;
    if (lines % SAMPLES_PER_BLOCK === 0) {
      yield block;
      block = '';
    }
  }
  yield block;
}
