import type { ClientBase, Pool } from 'pg';
import { CURRENT_SCHEMA } from '../database/current-schema.ts';
import { timescaleSchema } from './chunks.ts';
import { briefly, type ConversionOptions, reading } from './conversion.ts';

/** What TimescaleDB is to do by itself with a chunk, at which age in seconds; what is undefined stays as it is. */
export interface PolicyWish {
  compressAfter?: number | 'never' | undefined;
  dropAfter?: number | 'never' | undefined;
}

/** What it does, at which age, such as `30 days`; null for never. */
export type Policies = Record<keyof PolicyWish, string | null>;

/** What each is called by TimescaleDB, its job, and the function that adds it. */
export const POLICIES = {
  compressAfter: { name: 'compression', job: 'policy_compression', add: 'add_compression_policy' },
  dropAfter: { name: 'retention policies', job: 'policy_retention', add: 'add_retention_policy' },
} as const satisfies Record<keyof PolicyWish, object>;
const NAMES = Object.keys(POLICIES) as (keyof PolicyWish)[];

/** The jobs of the datapoints. */
const JOBS = `timescaledb_information.jobs
  where quote_ident(hypertable_schema) = ${CURRENT_SCHEMA}::text and hypertable_name = 'datapoints'`;

/** Reads what TimescaleDB does, in a database that has it. */
export async function policiesOf(client: ClientBase): Promise<Policies> {
  const { rows } = await client.query<{ job: string; age: string }>(
    `select proc_name as job, coalesce(config->>'compress_after', config->>'drop_after') as age from ${JOBS}`,
  );
  const ageOf = (policy: keyof PolicyWish) => rows.find(({ job }) => job === POLICIES[policy].job)?.age ?? null;
  return { compressAfter: ageOf('compressAfter'), dropAfter: ageOf('dropAfter') };
}

/** Returns the statement that removes all jobs of the hypertable. */
export async function withoutJobs(client: ClientBase): Promise<string> {
  return `select ${await timescaleSchema(client)}.delete_job(job_id) from ${JOBS}`;
}

/**
 * Adds, changes or removes policies, in one transaction.
 * @returns those that the licence of the server's TimescaleDB does not include
 */
export async function setPolicies(
  pool: Pool,
  wish: PolicyWish,
  options: ConversionOptions,
): Promise<(keyof PolicyWish)[]> {
  const wished = NAMES.filter((policy) => wish[policy] !== undefined);
  const { api, isApache } = await reading(pool, async (client) => ({
    api: await timescaleSchema(client),
    isApache: (await licenceOf(client)) === 'apache',
  }));
  if (isApache || wished.length === 0) {
    return wished.filter((policy) => wish[policy] !== 'never');
  }
  await options.onStep('setting policies');
  await briefly(pool, options, async (client) => {
    for (const policy of wished) {
      const { job, add } = POLICIES[policy];
      const { rows } = await client.query<{ id: number }>(`select job_id as id from ${JOBS} and proc_name = $1`, [job]);
      for (const { id } of rows) {
        await client.query(`select ${api}.delete_job($1)`, [id]);
      }
      if (policy === 'compressAfter' && wish.compressAfter !== 'never') {
        await client.query(COMPRESS);
      }
      if (wish[policy] !== 'never') {
        await client.query(`select ${api}.${add}('datapoints', justify_hours(make_interval(secs => $1::float8)))`, [
          wish[policy],
        ]);
      }
    }
  });
  return [];
}

/** Turns on compression, which then takes place by a policy or by hand. */
export const COMPRESS = `alter table datapoints set (timescaledb.compress, timescaledb.compress_segmentby = 'event_public_id',
                                              timescaledb.compress_orderby = '"timestamp"')`;

/**
 * Returns the licence of the server's TimescaleDB: `apache` has neither compression, policies nor continuous aggregates. Null if it is not
 * known before the extension is created.
 */
export async function licenceOf(client: ClientBase): Promise<string | null> {
  const { rows } = await client.query<{ license: string | null }>(
    `select current_setting('timescaledb.license', true) as license`,
  );
  return rows[0]?.license ?? null;
}
