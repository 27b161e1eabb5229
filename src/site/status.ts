import type { EntityManager } from '@mikro-orm/postgresql';
import type { Database } from '../database/database.ts';
import { idUse, NEARLY_USED_PERCENT } from '../database/ids.ts';
import { databaseSize } from '../database/info.ts';
import { query } from '../database/query.ts';
import { shardsOf } from '../database/shards.ts';
import { EXPLAIN, type Plan, plannedRows } from '../database/total.ts';
import { activeExperiments } from '../domain/experiments.ts';
import { lockedOutAccounts } from '../domain/locked-out.ts';
import { firmwareWithoutOwner } from '../domain/ownership.ts';
import { isoTimestamp } from '../entities/types.ts';
import { instanceColumn } from '../plugins/channels.ts';
import { schemaState } from './schema-state.ts';

/** The last value that arrived, by the clock of the database. */
export interface LastDatapoint {
  timestamp: string;
  age_seconds: number;
}

/** The state of a site. */
export interface SiteStatus {
  server_version: string;
  size_bytes: number;
  layout: string;
  migration: string | null;
  /** Whether the migration is the newest. */
  schema_state: 'current' | 'behind' | 'unknown';
  /** If there are more than a few, an estimate. */
  datapoints: number;
  datapoints_estimated: boolean;
  running_experiments: { name: string; started_on: string | null }[];
  last_datapoint: LastDatapoint | null;
  /** In percent, by table; null if the role may not read the sequence. */
  ids_used_percent: Record<string, number | null>;
  /** The names of accounts with which nobody can log in. */
  locked_out: string[];
  /** What wants attention, each a sentence with what to do. */
  attention: string[];
}

/**
 * Up to here, the datapoints are counted. Of a table that has never been analyzed, the planner guesses the width of a row; that of
 * those counted is a better measure.
 */
const MAX_COUNTED = 10_000;
/** What a row takes in a page beside itself. */
const ITEM_BYTES = 4;

/** The maximum number of names in a sentence. */
const MAX_NAMED = 5;

/** Reads the state of a site. No statement counts the rows of a large table. */
export async function siteStatus(database: Database): Promise<SiteStatus> {
  const { em, layout, tables } = database;
  const { server_version, size_bytes } = await databaseSize(em, database.storage);
  const { migration, state, fix } = await schemaState(database);
  const running = await activeExperiments(em);
  const ids = await idUse(em, tables);
  const accounts = await lockedOutAccounts(em);
  // The others log in by single sign-on.
  const lockedOut = accounts.filter(({ provider }) => provider === null).map(({ username }) => username);
  const ownerless = await firmwareWithoutOwner(em);
  const attention = [
    ...(fix === null ? [] : [`The schema is ${state === 'behind' ? 'not up to date' : 'not recorded'}. Run: ${fix}`]),
    ...ids.flatMap(({ table, percent }) =>
      percent !== null && percent >= NEARLY_USED_PERCENT
        ? [
            `${percent} % of the ids of ${table} are used. ${table === 'datapoints' ? 'Run: webmacs db storage widen' : 'Fix it as printed by: webmacs db check'}`,
          ]
        : [],
    ),
    ...(running.length > 1
      ? [
          `${running.length} experiments are running, and the server adds data to any of them: ${named(running.map(({ name }) => name))}. Stop all but one: webmacs experiments stop NAME`,
        ]
      : []),
    ...(lockedOut.length > 0
      ? [`Nobody can log in with these accounts: ${named(lockedOut)}. See why: webmacs db check`]
      : []),
    ...(ownerless.length > 0
      ? [
          `The firmware page of the server fails for firmware without an owner: ${named(ownerless)}. Set one: webmacs firmware update VERSION --owner USER`,
        ]
      : []),
    ...(await pluginProblems(em)),
    ...(await deliveryProblems(em)),
    ...(await clockProblems(em)),
  ];
  return {
    server_version,
    size_bytes,
    layout: layout.name,
    migration,
    schema_state: state,
    ...(await datapointCount(database)),
    running_experiments: running.map(({ name, startedOn }) => ({ name, started_on: startedOn ?? null })),
    last_datapoint: await lastDatapoint(em),
    ids_used_percent: Object.fromEntries(ids.map(({ table, percent }) => [table, percent])),
    locked_out: lockedOut,
    attention,
  };
}

async function datapointCount({
  em,
  pool,
  storage,
}: Database): Promise<Pick<SiteStatus, 'datapoints' | 'datapoints_estimated'>> {
  const [few] = await query<{ count: number; bytes: number }>(
    em,
    `select count(*)::int as count, avg(ceil(pg_column_size(few) / 8.0) * 8 + ${ITEM_BYTES})::float8 as bytes
       from (select * from datapoints limit ?) few`,
    [MAX_COUNTED],
  );
  const { count = 0, bytes = 1 } = few ?? {};
  if (count < MAX_COUNTED) {
    return { datapoints: count, datapoints_estimated: false };
  }
  if (storage === 'distributed') {
    const shards = await shardsOf(pool);
    return { datapoints: shards.reduce((sum, { rows }) => sum + rows, 0), datapoints_estimated: true };
  }
  const [leaves] = await query<{ never_analyzed: boolean; bytes: number }>(
    em,
    `with recursive tree as (
       select 'datapoints'::regclass::oid as oid
       union
       select inhrelid from tree join pg_inherits on inhparent = tree.oid
     )
     select bool_or(reltuples < 0) as never_analyzed, sum(pg_relation_size(oid))::float8 as bytes
       from pg_class where oid in (select oid from tree) and relkind = 'r'`,
  );
  const rows = leaves?.never_analyzed
    ? Math.round(leaves.bytes / bytes)
    : plannedRows(await query<Plan>(em, `${EXPLAIN} select from datapoints`));
  return { datapoints: rows, datapoints_estimated: true };
}

async function lastDatapoint(em: EntityManager): Promise<LastDatapoint | null> {
  const [last] = await query<{ timestamp: string; age: number }>(
    em,
    `select timestamp, extract(epoch from now() - timestamp)::float8 as age
       from datapoints where timestamp <= now() order by timestamp desc limit 1`,
  );
  return last ? { timestamp: isoTimestamp(last.timestamp), age_seconds: Math.floor(last.age) } : null;
}

async function pluginProblems(em: EntityManager): Promise<string[]> {
  const rows = await query<{ name: string; failed: boolean }>(
    em,
    `select i.instance_name as name, i.status = 'error' as failed from plugin_instances i
      where i.enabled and (i.status = 'error' or not exists (
              select from channel_mappings m where m.${instanceColumn(em)} = i.id and m.event_public_id is not null))
      order by i.instance_name`,
  );
  const failed = rows.filter((row) => row.failed).map(({ name }) => name);
  const unmapped = rows.filter((row) => !row.failed).map(({ name }) => name);
  return [
    ...(failed.length > 0
      ? [`Instances report an error: ${named(failed)}. Read it: webmacs plugins instances show NAME`]
      : []),
    ...(unmapped.length > 0
      ? [
          `Instances that feed no event: ${named(unmapped)}. Map their channels: webmacs plugins channels map NAME CHANNEL --event EVENT`,
        ]
      : []),
  ];
}

async function deliveryProblems(em: EntityManager): Promise<string[]> {
  const count = async (condition: string): Promise<string | undefined> => {
    const [found] = await query<{ count: number }>(
      em,
      `select count(*)::int as count from (select from webhook_deliveries where ${condition} limit 1000) found`,
    );
    return found?.count === 1000 ? '1,000 or more' : found?.count ? String(found.count) : undefined;
  };
  const lost = await count(`created_on > now() - interval '1 day' and status = 'dead_letter'`);
  // All attempts of the server take 36 s.
  const interrupted = await count(
    `created_on > now() - interval '7 days' and created_on < now() - interval '1 hour' and status = 'pending'`,
  );
  return [
    ...(lost
      ? [
          `${lost} webhook deliveries were given up within a day. See them: webmacs webhooks deliveries --status dead_letter`,
        ]
      : []),
    ...(interrupted
      ? [
          `${interrupted} webhook deliveries were interrupted, and stay pending. See them: webmacs webhooks deliveries --status pending; make one: webmacs webhooks redeliver DELIVERY`,
        ]
      : []),
  ];
}

async function clockProblems(em: EntityManager): Promise<string[]> {
  const [late] = await query<{ timestamp: string }>(
    em,
    `select timestamp from datapoints
      where timestamp > now() + interval '1 minute' and timestamp < 'infinity' order by timestamp desc limit 1`,
  );
  return late
    ? [
        `A datapoint is in the future, at ${isoTimestamp(late.timestamp)}: the clock of what wrote it was wrong. See it: webmacs datapoints list --from now`,
      ]
    : [];
}

function named(names: string[]): string {
  const more = names.length - MAX_NAMED;
  return `${names
    .slice(0, MAX_NAMED)
    .map((name) => `"${name}"`)
    .join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
