import type { ClientBase, Pool } from 'pg';
import { distributionOf } from '../database/distributed.ts';
import { exportFileNames } from '../export/file-name.ts';
import { reading } from '../storage/conversion.ts';
import { nextStart } from '../storage/periods.ts';
import type { ArchivedFile, Referred } from './manifest.ts';

export const ARCHIVED_BY = ['month', 'experiment'] as const;

/** Datapoints that belong into one file. */
export interface Period extends Pick<ArchivedFile, 'from' | 'to' | 'experiment' | 'keep_experiments'> {
  /** The name of the file, without its suffix. */
  stem: string;
}

export interface PeriodOptions {
  by: (typeof ARCHIVED_BY)[number];
  /** How old they are at least, as an interval of PostgreSQL. */
  olderThan: string;
  /** Whether datapoints of experiments are left out. */
  keepExperiments: boolean;
}

/** All times that PostgreSQL and JavaScript can both calculate with. */
const ALWAYS = { from: '0001-01-01T00:00:00.000Z', to: '9999-12-31T00:00:00.000Z' };

/** SQL for the months that have datapoints: looks into the index of times for each. */
const SEEK_MONTHS = `
  with recursive months as (
    select date_trunc('month', min(timestamp), 'UTC') as start, date_trunc('month', now() - $1::interval, 'UTC') as before
      from datapoints where timestamp >= $2
    union all
    select date_trunc('month', (select min(timestamp) from datapoints where timestamp >= start + interval '1 month'), 'UTC'), before
      from months where start < before
  )`;

/** The same where several servers have them, which do not seek. */
const READ_MONTHS = `
  with months as (
    select distinct date_trunc('month', timestamp, 'UTC') as start, date_trunc('month', now() - $1::interval, 'UTC') as before
      from datapoints where timestamp >= $2 and timestamp < now() - $1::interval
  )`;

/** Returns the months in UTC, or the stopped experiments, that have datapoints and ended long enough ago, oldest first. */
export async function periodsOf(pool: Pool, { by, olderThan, keepExperiments }: PeriodOptions): Promise<Period[]> {
  const periods = await reading(pool, async (client) =>
    by === 'experiment' ? await experimentsOf(client, olderThan) : await monthsOf(client, olderThan),
  );
  return periods.map((period) => ({ ...period, keep_experiments: keepExperiments }));
}

type Found = Omit<Period, 'keep_experiments'>;

async function experimentsOf(client: ClientBase, olderThan: string): Promise<Found[]> {
  const { rows: experiments } = await client.query<Referred>(
    `select public_id, name from experiments e
      where stopped_on <= now() - $1::interval and public_id in (select experiment_public_id from datapoints)
      order by stopped_on, public_id`,
    [olderThan],
  );
  const subjects = experiments.map(({ public_id: publicId, name }) => ({ experiment: { publicId, name } }));
  const stems = exportFileNames(subjects, '');
  return experiments.map((experiment, at) => ({ ...ALWAYS, experiment, stem: stems[at] ?? '' }));
}

async function monthsOf(client: ClientBase, olderThan: string): Promise<Found[]> {
  const isDistributed = (await distributionOf(client, 'datapoints')) !== undefined;
  const { rows: months } = await client.query<{ start: number }>(
    `${isDistributed ? READ_MONTHS : SEEK_MONTHS}
     select extract(epoch from start)::float8 * 1000 as start from months where start < before order by start`,
    [olderThan, ALWAYS.from],
  );
  const iso = (time: number) => new Date(time).toISOString();
  return months.map(({ start }) => {
    const from = iso(start);
    return { from, to: iso(nextStart('month', start)), experiment: null, stem: from.slice(0, 7) };
  });
}
