import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { InterruptedError, LockTimeoutError } from '../../src/errors.ts';
import { importDatapoints } from '../../src/ingest/import-datapoints.ts';
import { until } from '../support/until.ts';
import { aLaboratory, count, csv, importChecked as importText, type Laboratory } from './recording.ts';

let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await aLaboratory();
});
afterAll(() => laboratory[Symbol.asyncDispose]());
beforeEach(() => laboratory.pool.query('truncate datapoints'));

const FILE = csv('1 temperature 1', '1 pressure 5', '2 temperature 2', '3 temperature 3');

describe('two imports at once', () => {
  const waits = async (rows = 1) => {
    const sql = `select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`;
    await until(async () => (await laboratory.pool.query(sql)).rowCount === rows);
  };
  /** An import of a file that has not ended, once its first row is written. */
  async function slow(text: string): Promise<{ source: PassThrough; done: Promise<unknown> }> {
    const source = new PassThrough();
    let written = false;
    const done = importDatapoints(
      laboratory.pool,
      source,
      { events: laboratory.events },
      {
        onProgress: () => {
          written = true;
        },
      },
    );
    done.catch(() => {});
    // With as much as an import reads before it knows the form of the file.
    source.write(`${text}${'\n'.repeat(65_536)}`);
    await until(() => written);
    return { source, done };
  }

  test.each(['error', 'skip'] as const)(
    'of the same file wait for each other, and none is doubled (%s)',
    async (onDuplicate) => {
      const { source, done } = await slow(FILE);
      const second = importText(laboratory, FILE, { onDuplicate });
      second.catch(() => {});
      await waits();
      source.end();
      await done;
      await (onDuplicate === 'skip'
        ? expect(second).resolves.toMatchObject({ rows: 0, skipped: 4 })
        : expect(second).rejects.toThrow('4 datapoints are already in the database'));
      expect(await count(laboratory)).toBe(4);
    },
  );

  test('of different events do not wait; of the same ones no longer than asked, and not after an interruption', async () => {
    const { source, done } = await slow(csv('1 temperature 1'));
    expect(await importText(laboratory, csv('1 pressure 1'))).toMatchObject({ rows: 1 });
    const impatient = importText(laboratory, FILE, {}, { lockTimeoutSeconds: 0 });
    await expect(impatient).rejects.toThrow(LockTimeoutError);
    await expect(impatient).rejects.toThrow('Another import of the same events');
    const interruption = new AbortController();
    const interrupted = importText(laboratory, FILE, {}, { signal: interruption.signal });
    interrupted.catch(() => {});
    await waits();
    interruption.abort();
    await expect(interrupted).rejects.toThrow(InterruptedError);
    await waits(0);
    source.end();
    await done;
    expect(await count(laboratory)).toBe(2);
  });

  test('that wait for each other end as one', async () => {
    const one = await slow(csv('1 temperature 1'));
    const other = await slow(csv('1 pressure 1'));
    one.source.end('2026-01-01T00:00:01Z,pressure,1\n');
    await waits();
    other.source.end('2026-01-01T00:00:01Z,temperature,1\n');
    const results = await Promise.allSettled([one.done, other.done]);
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(reasons).toEqual([expect.any(LockTimeoutError)]);
    expect(await count(laboratory)).toBe(2);
  });
});
