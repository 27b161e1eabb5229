import { expect, test } from 'vitest';
import { View } from '../../src/report/page/view.ts';

test('a view zooms around a place, and stays within the whole', () => {
  const view = new View(0, 100, 1);
  view.zoom(0.5, 20);
  expect([view.from, view.to]).toEqual([10, 60]);
  view.pan(-1);
  expect([view.from, view.to]).toEqual([0, 50]);
  view.show(90, 140);
  expect([view.from, view.to]).toEqual([50, 100]);
  view.show(200, 200.1);
  expect([view.span, view.to, view.isFinest]).toEqual([1, 100, true]);
  view.zoom(1000);
  expect(view.isWhole).toBe(true);
});

test('those that listen are called only for a change', () => {
  const view = new View(0, 100, 1);
  let calls = 0;
  view.onChange(() => {
    calls += 1;
  });
  view.showAll();
  view.pan(0.5);
  view.show(10, 20);
  expect(calls).toBe(1);
});

test('a later end moves what is shown at the end, and keeps what is shown before it, as long as it is there', () => {
  const view = new View(0, 100, 1);
  expect(view.advance(90)).toBe(false);
  expect(view.advance(110)).toBe(true);
  expect([view.from, view.to, view.isWhole]).toEqual([10, 110, true]);
  view.show(20, 40);
  view.advance(120);
  expect([view.from, view.to]).toEqual([20, 40]);
  view.advance(150);
  expect([view.from, view.to, view.whole]).toEqual([50, 70, { from: 50, to: 150 }]);
});
