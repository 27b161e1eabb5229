import { expect, test } from 'vitest';
import { RIG_EVENTS, simulateRig } from '../../src/demo/rig.ts';

const run = [...simulateRig(12_500, 1)];

test('the same seed gives the same run, another one another', () => {
  expect([...simulateRig(50, 7)]).toEqual([...simulateRig(50, 7)]);
  expect([...simulateRig(50, 7)]).not.toEqual([...simulateRig(50, 8)]);
});

test('every value lies in the range of its event', () => {
  for (const { name, minValue, maxValue } of RIG_EVENTS) {
    const values = run.map((sample) => sample.values[name]);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(minValue);
    expect(Math.max(...values)).toBeLessThanOrEqual(maxValue);
  }
});

test('the pressure drop stays at the weight of the bed once the bed floats', () => {
  const floating = run.filter(({ values }) => values['Air flow'] > 80);
  const mean = floating.reduce((sum, { values }) => sum + values['Bed pressure drop'], 0) / floating.length;
  expect(mean).toBeCloseTo(11.8, 0);
});

test('the bed has a memory: neighbouring temperatures differ little', () => {
  const steps = run
    .slice(1)
    .map(({ values }, at) => values['Bed temperature'] - (run[at]?.values['Bed temperature'] ?? 0));
  expect(Math.max(...steps.map(Math.abs))).toBeLessThan(3);
});
