import { afterAll, describe, expect, test } from 'vitest';
import { anEvent, anExperiment, aSite, datapoints } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

async function rowsOf(event: string): Promise<number> {
  const { rowCount } = await site.pool.query('select from datapoints where event_public_id = $1', [event]);
  return rowCount ?? 0;
}

test('datapoints latest has the last value of each event', async () => {
  const event = await anEvent(site);
  await datapoints(site, 3, { event: event.publicId });
  const { stdout } = await site.run(['datapoints', 'latest', '--event', event.name]);
  expect(stdout).toBe(`${event.name}\t2\t°C\t2026-01-01T00:00:02+00:00\n`);
});

test('datapoints stats counts and averages, and NaN spoils nothing', async () => {
  const event = await anEvent(site);
  await datapoints(site, 3, { event: event.publicId });
  await site.pool.query(`insert into datapoints (public_id, value, event_public_id) values ($1, 'NaN', $2)`, [
    `nan-${event.publicId}`,
    event.publicId,
  ]);
  const { stdout } = await site.run(['datapoints', 'stats', '--event', event.name, '--json']);
  expect(JSON.parse(stdout)).toEqual([
    expect.objectContaining({ event: event.name, count: 4, min: 0, max: 2, mean: 1, stddev: 1 }),
  ]);
});

describe('datapoints update', () => {
  test('corrects a value, NaN too, and files it under another experiment or none', async () => {
    const event = await anEvent(site);
    const experiment = await anExperiment(site);
    await datapoints(site, 1, { event: event.publicId });
    const changed = async (...words: string[]) => {
      const [{ public_id: id }] = JSON.parse(
        (await site.run(['datapoints', 'list', '--event', event.name, '--json'])).stdout,
      );
      return JSON.parse((await site.run(['datapoints', 'update', id, ...words, '--json'])).stdout);
    };
    expect(await changed('--value', '1e-3', '--experiment', experiment.name)).toMatchObject({
      value: 0.001,
      event: event.name,
      experiment: experiment.name,
    });
    expect(await changed('--value', 'nan')).toMatchObject({ value: 'NaN', experiment: experiment.name });
    expect(await changed('--no-experiment')).toMatchObject({ value: 'NaN', experiment_public_id: null });
  });

  test.each([
    ['nothing to change', [], 2, 'Nothing to change'],
    ['not a number', ['--value', 'warm'], 2, '"warm" is not a valid number'],
    ['a decimal comma', ['--value', '1,5'], 2, 'Use a dot as the decimal separator'],
    ['an unknown experiment', ['--experiment', 'none'], 3, '"none" not found'],
    ['an unknown datapoint', ['--value', '1'], 3, 'not found'],
  ])('refuses %s', async (what, words, status, complaint) => {
    const event = await anEvent(site);
    await datapoints(site, 1, { event: event.publicId });
    const { rows } = await site.pool.query('select public_id from datapoints where event_public_id = $1', [
      event.publicId,
    ]);
    const id = what === 'an unknown datapoint' ? 'none' : rows[0].public_id;
    const { code, stderr } = await site.run(['datapoints', 'update', id, ...words]);
    expect([code, stderr]).toEqual([status, expect.stringContaining(complaint)]);
  });
});

describe('datapoints delete', () => {
  test('deletes the given ones, and refuses a selection in addition', async () => {
    const event = await anEvent(site);
    await datapoints(site, 3, { event: event.publicId });
    const { rows } = await site.pool.query('select public_id from datapoints where event_public_id = $1', [
      event.publicId,
    ]);
    const named = ['datapoints', 'delete', rows[0].public_id, rows[1].public_id, '--yes'];
    expect((await site.run([...named, '--event', event.name])).code).toBe(2);
    expect(await site.run(named)).toMatchObject({ code: 0, stderr: '✓ 2 datapoints deleted.\n' });
    expect((await site.run(named)).code).toBe(3);
  });

  test.each(['datapoints delete --yes', 'datapoints list', 'datapoints stats', 'logs list'])(
    '%s refuses a time range that ends before it starts, and names both',
    async (line) => {
      const { code, stderr } = await site.run(`${line} --from 2026-02-01Z --to 2026-01-01Z`);
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining(
          '--from 2026-02-01Z is later than --to 2026-01-01Z: from 2026-02-01 00:00 +00:00 to 20',
        ),
      ]);
    },
  );

  test('without a selection is refused, even with --yes', async () => {
    const { code, stderr } = await site.run('datapoints delete --yes');
    expect([code, stderr]).toEqual([2, expect.stringContaining('--event, --experiment, --from and --to')]);
  });

  test('with --dry-run counts and deletes nothing', async () => {
    const event = await anEvent(site);
    await datapoints(site, 3, { event: event.publicId });
    const { stdout } = await site.run(['datapoints', 'delete', '--event', event.name, '--dry-run', '--yes', '--json']);
    expect([stdout, await rowsOf(event.publicId)]).toEqual(['{"would_delete":3}\n', 3]);
  });

  test('without --yes, not interactively, reports how many there are', async () => {
    const event = await anEvent(site);
    await datapoints(site, 3, { event: event.publicId });
    const { code, stderr } = await site.run(['datapoints', 'delete', '--event', event.name]);
    expect(code).toBe(2);
    expect(stderr).toContain('3 datapoints');
    expect(stderr).toContain('--yes');
  });

  test('deletes the selected ones and keeps the others', async () => {
    const event = await anEvent(site);
    await datapoints(site, 3, { event: event.publicId });
    const words = ['datapoints', 'delete', '--event', event.name, '--from', '2026-01-01T00:00:01Z', '--yes', '--json'];
    expect((await site.run(words)).stdout).toBe('{"deleted":2,"from":"2026-01-01T00:00:01+00:00"}\n');
    expect(await rowsOf(event.publicId)).toBe(1);
  });

  test('reads times in the time zone that is set, and says how it read them', async () => {
    const event = await anEvent(site);
    await datapoints(site, 7200, { event: event.publicId });
    const times = ['--from', '2026-01-01 02:00', '--to', '2026-01-01 03:00'];
    const remove = async (...more: string[]) =>
      await site.run(['datapoints', 'delete', '--event', event.name, ...times, ...more], {
        env: { WEBMACS_TIMEZONE: 'Europe/Berlin' },
      });
    const range = 'from 2026-01-01 02:00 +01:00 to 2026-01-01 03:00 +01:00';
    expect((await remove()).stderr).toContain(`This deletes 3,600 datapoints ${range}.`);
    expect((await remove('--dry-run')).stderr).toBe(`Would delete 3,600 datapoints ${range}.\n`);
    expect((await remove('--yes')).stderr).toBe(`✓ 3,600 datapoints ${range} deleted.\n`);
    const { rows } = await site.pool.query(
      `select max(timestamp) < '2026-01-01 01:00Z' as before from datapoints where event_public_id = $1`,
      [event.publicId],
    );
    expect([rows, await rowsOf(event.publicId)]).toEqual([[{ before: true }], 3600]);
  });
});
