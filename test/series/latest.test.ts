import { afterAll, expect, test } from 'vitest';
import { tryRule } from '../../src/domain/rule-condition.ts';
import { RULE_OPERATORS } from '../../src/entities/index.ts';
import { latestOf } from '../../src/series/latest.ts';
import { freshDatabase, openDatabase } from '../support/database.ts';
import { anEvent, aUser, insertRow } from '../support/site.ts';

const site = await freshDatabase();
const database = await openDatabase(site);
afterAll(async () => {
  await database.close();
  await site[Symbol.asyncDispose]();
});
const { em } = database;

/** An event with values, at these seconds of a minute. */
async function anEventWith(...values: [second: number | string, value: number | string][]): Promise<string> {
  const { publicId } = await anEvent(site);
  for (const [second, value] of values) {
    await site.pool.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id) values (gen_random_uuid(), $1, $2, $3)`,
      [value, typeof second === 'string' ? second : `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`, publicId],
    );
  }
  return publicId;
}

const latest = async (event: string, request: Omit<Parameters<typeof latestOf>[1], 'eventPublicIds'> = {}) =>
  (await latestOf(em, { eventPublicIds: [event], ...request }))[0] ?? expect.fail();

test('the state of every rule is what trying it on the last value says', async () => {
  const owner = (await aUser(site)).publicId;
  const limits = { threshold: 5, thresholdHigh: 7 };
  for (const value of ['5', '5.0000000001', '4', '6', '7', '8', 'NaN', 'Infinity', '-Infinity']) {
    const publicId = await anEventWith([1, 6], [2, value]);
    for (const operator of RULE_OPERATORS) {
      await insertRow(site, 'rules', {
        ...{ public_id: `${operator} ${publicId}`, name: `${operator} ${value}`, event_public_id: publicId, operator },
        ...{ threshold: 5, threshold_high: 7, action_type: 'log', enabled: operator !== 'eq', cooldown_seconds: 60 },
        user_public_id: owner,
      });
    }
    const { rules } = await latest(publicId);
    const enabled = RULE_OPERATORS.filter((operator) => operator !== 'eq');
    const expected = enabled.map(async (operator): Promise<[string, boolean]> => {
      const rule = { operator, ...limits, cooldownSeconds: 60, event: { publicId } };
      return [operator, (await tryRule(em, rule, value)).meets];
    });
    const found = rules.map(({ operator, met }): [string, boolean] => [operator, met]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(await Promise.all(expected)));
  }
});

test('the last values are the oldest first, of equal times the one that was recorded last', async () => {
  const event = await anEventWith([3, 30], [1, 10], [2, 20], [3, 31]);
  expect(await latest(event, { count: 3 })).toMatchObject({
    ...{ value: 31, timestamp: '2026-01-01T00:00:03+00:00', at: Date.parse('2026-01-01T00:00:03Z') / 1000 },
    recent: [20, 30, 31],
  });
});

test('before a time, values at or after it are as if they were not there; infinite times are always after', async () => {
  const event = await anEventWith([1, 10], [2, 20], ['infinity', 99]);
  expect(await latest(event)).toMatchObject({ value: 99, at: Number.POSITIVE_INFINITY });
  expect(await latest(event, { to: 'infinity' })).toMatchObject({ value: 20 });
  expect(await latest(event, { to: '2026-01-01T00:00:02Z' })).toMatchObject({ value: 10 });
  expect(await latest(event, { to: '2026-01-01T00:00:01Z' })).toMatchObject({ value: null, at: null, recent: [] });
});

test('the least and the greatest value since a time are of finite values after it', async () => {
  const event = await anEventWith([1, -99], [2, 5], [3, 'Infinity'], [4, 'NaN'], [5, -2], [6, 1]);
  const since = async (second: number) => await latest(event, { since: { [event]: `2026-01-01T00:00:0${second}Z` } });
  expect(await since(1)).toMatchObject({ value: 1, low: -2, high: 5 });
  expect(await since(6)).toMatchObject({ value: 1, low: null, high: null });
  expect(await latest(event)).toMatchObject({ low: null, high: null });
});

test('without events, all that have a datapoint are read', async () => {
  const empty = await anEventWith();
  const found = (await latestOf(em, {})).map(({ event }) => event.publicId);
  expect(found).not.toContain(empty);
  expect(found.length).toBeGreaterThan(9);
  expect(await latestOf(em, { eventPublicIds: [] })).toEqual([]);
});
