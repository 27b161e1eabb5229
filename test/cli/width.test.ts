import { expect, test } from 'vitest';
import { fitted, measureFor } from '../../src/cli/width.ts';

test.each([
  ['plain', 5],
  ['°C ± µ', 6],
  ['温度', 4],
  ['한국', 4],
  ['ｆｕｌｌ', 8],
  ['e\u0301', 1],
  ['🌡️', 2],
  ['👩‍🔬', 2],
  ['🇩🇪', 2],
  ['☺️ ☺︎', 4],
  ['\u00adä', 1],
  ['a\u200bb', 2],
  ['', 0],
])('%s takes %d cells', async (text, width) => {
  const measure = await measureFor([text]);
  expect(measure(text)).toBe(width);
});

test.each([
  ['Bed', 5, 'Bed  '],
  ['Bed', 3, 'Bed'],
  ['Temperature', 5, 'Temp…'],
  ['温度計測', 5, '温度…'],
  ['温度計測', 6, '温度… '],
  ['Bed', 1, '…'],
  ['Bed', 0, ''],
])('%s in %d cells is "%s"', async (text, width, expected) => {
  expect(fitted(text, width, await measureFor([text]))).toBe(expected);
});
