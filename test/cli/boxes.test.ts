import { expect, test } from 'vitest';
import { drawBoxes } from '../../src/cli/boxes.ts';
import { styleFor } from '../../src/cli/style.ts';
import { measureFor } from '../../src/cli/width.ts';

const plain = styleFor(false, {}, false);
const lines = (text: string) => text.split('\n').slice(0, -1);

test('boxes are drawn in their places and share the lines between them', async () => {
  const boxes = [
    { x: 0, y: 0, w: 2, h: 2, lines: ['Bed', 'gauge'] },
    { x: 2, y: 0, w: 2, h: 1, lines: ['Flow', 'not shown'] },
    { x: 1, y: 2, w: 2, h: 1, lines: ['A long title'] },
  ];
  expect(lines(await drawBoxes(boxes, 4, 23, plain))).toEqual([
    '  0    1    2    3',
    '0 ┌─────────┬─────────┐',
    '  │ Bed     │ Flow    │',
    '1 │ gauge   ├─────────┘',
    '  │         │',
    '2 └────┬────┴────┐    ·',
    '       │ A long… │',
    '  ·    └─────────┘    ·',
  ]);
});

test('many rows without a box are replaced by their number', async () => {
  const boxes = [
    { x: 0, y: 2, w: 4, h: 1, lines: ['Near'] },
    { x: 0, y: 103, w: 4, h: 1, lines: ['Far'] },
  ];
  expect(lines(await drawBoxes(boxes, 4, 25, plain))).toEqual([
    '    0    1    2    3',
    '  0 ·    ·    ·    ·    ·',
    '',
    '  1 ·    ·    ·    ·    ·',
    '',
    '  2 ┌───────────────────┐',
    '    │ Near              │',
    '  3 └───────────────────┘',
    '     ⋮ 100 empty rows',
    '103 ┌───────────────────┐',
    '    │ Far               │',
    '    └───────────────────┘',
  ]);
});

test.each([40, 80, 100, 200])(
  'at a width of %d no line is longer, and wide characters keep the frames upright',
  async (width) => {
    const boxes = [
      { x: 0, y: 0, w: 4, h: 3, lines: ['温度計測温度計測温度計測', 'e\u0301e\u0301'] },
      { x: 4, y: 0, w: 8, h: 3, lines: ['🌡️ Bed temperature of the rig', 'line chart'] },
    ];
    const drawn = lines(await drawBoxes(boxes, 12, width, plain)).slice(1);
    const widths = new Set(drawn.map(await measureFor(drawn)));
    expect(widths.size).toBe(1);
    expect(Math.max(...widths)).toBeLessThanOrEqual(width);
  },
);
