import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ZoneClock } from '../../../src/ingest/time/zone-clock.ts';
import { timeZone } from '../../../src/text/time-zone.ts';
import { emptyDatabase, type FreshDatabase } from '../../support/database.ts';

/** Half and quarter hours, a change at midnight, a day skipped, offsets with seconds, winter as the time that is saved. */
const ZONES = [
  'Africa/Casablanca',
  'Africa/Monrovia',
  'America/Havana',
  'America/New_York',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Asia/Tehran',
  'Australia/Lord_Howe',
  'Europe/Amsterdam',
  'Europe/Berlin',
  'Europe/Dublin',
  'Pacific/Apia',
];

let database: FreshDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await emptyDatabase();
  pool = database.pool;
});
afterAll(() => database[Symbol.asyncDispose]());

/**
 * Returns local times around each change of the clocks from 1900 to 2025, for laws of later years differ between editions of the
 * database of time zones; in seconds as if in UTC, each with the instants that PostgreSQL shows as this local time. It compares
 * offsets at intervals of 4 days, and then bisects.
 */
const LOCAL_TIMES = `
  with recursive change (low, high, before, after) as (
    select *
      from (select lag(at) over w as low, at as high, lag(shift) over w as before, shift as after
              from generate_series(-2208988800::bigint, 1767225600, 4 * 86400) as at,
                   lateral (select extract(epoch from to_timestamp(at) at time zone $1)::bigint - at as shift) as s
            window w as (order by at)) as scale
     where before <> after
    union all
    select case when shift = before then middle else low end, case when shift = before then high else middle end, before, after
      from (select *, (low + high) / 2 as middle from change where high - low > 1) as half,
           lateral (select extract(epoch from to_timestamp(middle) at time zone $1)::bigint - middle as shift) as s)
  select local::float8,
         array(select local::float8 - shift from unnest(array[before, after]) as shift
                where extract(epoch from to_timestamp(local - shift) at time zone $1) = local order by 1) as instants
    from (select high + shift + around as local, before, after
            from change, unnest(array[before, after]) as shift,
                 unnest('{-86400,-3600,-901,-900,-1,0,1,450,899,900,1799,1800,3599,3600,86399}'::int[]) as around
           where high - low = 1) as local_time
   order by local`;

test.each(ZONES)('local times of %s are those of PostgreSQL around each change of the clocks', async (name) => {
  const { rows } = await pool.query<{ local: number; instants: number[] }>(LOCAL_TIMES, [name]);
  const clock = new ZoneClock(timeZone(name, 'test'));
  const differences = rows.flatMap(({ local, instants }) => {
    const { kind, first, second } = clock.read(local * 1000);
    const ours = kind === 'never' ? [] : [...new Set([local - first, local - second])];
    return ours.join() === instants.join() ? [] : [{ local: new Date(local * 1000).toISOString(), ours, instants }];
  });
  expect({ rows: rows.length > 0, count: differences.length, differences: differences.slice(0, 12) }).toEqual({
    rows: true,
    count: 0,
    differences: [],
  });
});
