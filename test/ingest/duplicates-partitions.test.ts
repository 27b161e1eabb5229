import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addPartition, remakeDatapoints } from '../support/partitions.ts';
import { aLaboratory, brief, importChecked as importText, type Laboratory } from './recording.ts';

let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await aLaboratory();
});
afterAll(() => laboratory[Symbol.asyncDispose]());
beforeEach(() => laboratory.pool.query('truncate datapoints'));

describe('partitions', () => {
  beforeAll(async () => {
    await remakeDatapoints(laboratory.pool, { partitioned: true });
    await addPartition(laboratory.pool, 'before', { from: 4000, to: 370, more: 'partition by range (timestamp)' });
    await addPartition(laboratory.pool, 'first', { from: 4000, to: 500, of: 'before' });
    await addPartition(laboratory.pool, 'second', { from: 500, to: 370, of: 'before' });
    await addPartition(laboratory.pool, 'since', { from: 370, to: -10 });
  });

  /** The same places in each leaf. */
  const file = (value: number, ...hours: number[]) => {
    const lines = [1000, 450, 10].flatMap((days) =>
      hours.map(
        (hour) =>
          `${new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 11)}0${hour}:00Z,temperature,${value}\n`,
      ),
    );
    return `timestamp,event,value\n${lines.join('')}`;
  };

  test('each row is found in its own', async () => {
    await importText(laboratory, file(1, 0, 1, 2));
    await expect(importText(laboratory, file(2, 2, 3))).rejects.toThrow('3 datapoints are already in the database');
    expect(await importText(laboratory, file(2, 2, 3), { onDuplicate: 'skip' })).toMatchObject({
      rows: 3,
      skipped: 3,
      differing: 3,
    });
    expect(await importText(laboratory, file(5, 1, 3, 4), { onDuplicate: 'replace' })).toMatchObject({
      rows: 9,
      replaced: 6,
    });
    expect(
      (await brief(laboratory))
        .map((row) => row.split(' ')[1])
        .sort()
        .join(''),
    ).toBe('111111555555555');
  });
});
