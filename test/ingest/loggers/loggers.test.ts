import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { aLaboratory, importText, instants, type Laboratory } from '../recording.ts';
import { fileOf } from './logger-file.ts';
import { LOGGED_EVENTS, LOGGERS } from './loggers.ts';

let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await aLaboratory(LOGGED_EVENTS);
});
afterAll(() => laboratory[Symbol.asyncDispose]());
beforeEach(() => laboratory.pool.query('truncate datapoints'));

test.each(LOGGERS)('a file of $name goes in exactly as its own plan reads it', async (form) => {
  const { bytes, readings } = fileOf(form, 20);
  const { rows } = await importText(laboratory, [bytes], form.options);
  expect(rows).toBe(readings.length);
  const inOrder = readings.map(({ event, at, value }) => `${event} ${at} ${value}`).sort();
  expect((await instants(laboratory)).sort()).toEqual(inOrder);
});
