import { afterAll, expect, test } from 'vitest';
import { aRig } from '../export/rig.ts';
import { aSite } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

const TIMESTAMPS = `(array['infinity', '-infinity', '4714-11-24 00:00:00+00 BC', '0001-02-29 12:00:00.5+00 BC',
  '0001-01-01 00:00:00+00', '9999-12-31 23:59:59.999999+00', '10000-02-29 00:00:00.25+00',
  '294276-12-31 23:59:59.999999+00', '2026-01-01'])[1 + i]::timestamptz`;
const VALUES = `(array['NaN', 'Infinity', '-Infinity', '-0', '4.9e-324', '1.7976931348623157e308', '0.1', '1', '2'])[1 + i]::float8`;

test('an export of every kind of timestamp and value can be imported', async () => {
  const rig = await aRig(site.pool, { rows: 9, timestamp: TIMESTAMPS, value: VALUES });
  const exportOf = async () => await site.run(`experiments export ${rig.experimentPublicId} -o -`);
  const { stdout: exported } = await exportOf();
  await site.pool.query('delete from datapoints');

  const words = `datapoints import - --experiment ${rig.experimentPublicId} --timezone Asia/Tokyo --json`;
  const { code, stdout, stderr } = await site.run(words, { input: exported });

  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({ rows: 9, bad: 0, first: '-infinity', last: 'infinity' });
  expect((await exportOf()).stdout).toBe(exported);
});

test.each([
  ['4713-12-31 23:59:59+00 BC', '0044-03-15 12:00:00.5+01 BC', '0044-03-15 11:00:00.5+00 BC'],
  ['2026-01-01T00:00:00Z', '12026-01-01 00:00:00+00', '12026-01-01 00:00:00+00'],
])('the summary of an import has years outside of 1 to 9999: %s to %s', async (first, last, shown) => {
  const { eventPublicIds } = await aRig(site.pool, { rows: 0, eventNames: [`event of ${last}`] });
  const input = `timestamp,event,value\n${last},${eventPublicIds[0]},1\n${first},${eventPublicIds[0]},2\n`;
  const { stdout } = await site.run('datapoints import - --json', { input });
  expect(JSON.parse(stdout)).toMatchObject({ rows: 2, last: shown });
});
