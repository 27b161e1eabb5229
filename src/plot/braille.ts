import type { TimeZone } from '../text/time-zone.ts';
import { Canvas, type Cell, DOTS_ACROSS, DOTS_DOWN } from './canvas.ts';
import type { Chart, Panel, Stretch } from './panels.ts';
import { fittedTicks, lineOf } from './time-axis.ts';
import { placeIn, type ValueRange, type ValueTick, valueTicks } from './value-ticks.ts';

/** How a chart is drawn on a terminal. */
export interface Terminal {
  /** The width of the drawing, in cells. */
  columns: number;
  /** Its height, if there is a window that it is to fit. */
  rows: number | undefined;
  ascii: boolean;
  /** In which the times of the axis are. */
  zone: TimeZone;
  /** Paints a series in its colour, a threshold, and what is beside the curves. */
  series(text: string, index: number): string;
  threshold(text: string): string;
  axis(text: string): string;
  /** Returns the number of cells of a text, and cuts one to a number of cells. */
  measure(text: string): number;
  cut(text: string, cells: number): string;
}

/** The room on the left: a label, a blank and the axis. Where a label is longer, the curves have less. */
const LABEL_WIDTH = 6;
const AXIS_WIDTH = 2;
const LEAST_HEIGHT = 3;
/** Of one panel, and of each of several, without a window. */
const HEIGHTS = { one: 16, several: 8 };
/** A panel is at most this high for each column, or its curves would be all slopes. */
const MAX_PROPORTION = 0.3;
const AXIS_ROWS = 3;

const SHAPES = ['●', '▲', '■', '◆', '▼', '★', '○', '△'];
const GLYPHS = ['*', 'o', 'x', '#', '@', '%', '&', '='];
const SHAPE_EVERY = 16;

const LINES = {
  wall: '│',
  tickLeft: '┤',
  corner: '└',
  line: '─',
  tick: '┬',
  curve: '━',
  threshold: '╌',
  up: '↑',
  down: '↓',
};
const ASCII_LINES = {
  wall: '|',
  tickLeft: '+',
  corner: '+',
  line: '-',
  tick: '+',
  curve: '-',
  threshold: '-',
  up: '^',
  down: 'v',
};

/** Returns how many buckets a drawing of so many columns has: one a dot. */
export function bucketsFor(columns: number): number {
  return Math.max(1, columns - LABEL_WIDTH - AXIS_WIDTH) * DOTS_ACROSS;
}

/** Draws the panels of a chart below each other, over one axis of time. */
export function drawChart(chart: Chart, terminal: Terminal): string[] {
  const { columns, zone, ascii, axis } = terminal;
  const lines = ascii ? ASCII_LINES : LINES;
  const legends = chart.panels.map((panel) => legendOf(panel, terminal));
  const height = heightOf(chart.panels.length, legends.flat().length, terminal);
  const ticks = chart.panels.map(({ range }) => ticksOf(range, height));
  const labelWidth = ticks.flat().reduce((width, { label }) => Math.max(width, label.length), LABEL_WIDTH);
  const width = Math.max(1, columns - labelWidth - AXIS_WIDTH);
  const drawn = chart.panels.flatMap((panel, at) => [
    ...(legends[at] ?? []),
    ...drawPanel(chart, panel, ticks[at] ?? [], { width, height, labelWidth }, terminal),
  ]);
  const times = fittedTicks(zone, chart, width);
  const marks = new Set(times.map(({ column }) => column));
  const line = Array.from({ length: width }, (_, column) => (marks.has(column) ? lines.tick : lines.line)).join('');
  const labels = [lineOf(times.map(({ label }) => label)), lineOf(times.map(({ context }) => context))];
  const margin = ' '.repeat(labelWidth + 1);
  return [...drawn, axis(`${margin}${lines.corner}${line}`), ...labels.map((each) => axis(`${margin} ${each}`))];
}

function heightOf(panels: number, legendRows: number, { columns, rows }: Terminal): number {
  if (rows === undefined) {
    return panels === 1 ? HEIGHTS.one : HEIGHTS.several;
  }
  const left = Math.floor((rows - AXIS_ROWS - legendRows) / panels);
  return Math.max(LEAST_HEIGHT, Math.min(left, Math.floor(columns * MAX_PROPORTION)));
}

/** Fewer for each row, the higher the panel is, but at least two. */
function ticksOf(range: ValueRange, height: number): ValueTick[] {
  let most = Math.round(2 + height / 5);
  let ticks = valueTicks(range, most);
  while (ticks.length < 2 && most < height) {
    most += 1;
    ticks = valueTicks(range, most);
  }
  return ticks;
}

function drawPanel(
  chart: Chart,
  panel: Panel,
  ticks: readonly ValueTick[],
  { width, height, labelWidth }: { width: number; height: number; labelWidth: number },
  { ascii, axis, threshold, series }: Terminal,
): string[] {
  const lines = ascii ? ASCII_LINES : LINES;
  const canvas = new Canvas(width, height);
  const dotOf = (value: number) => Math.round(placeIn(value, panel.range) * (height * DOTS_DOWN - 1));
  const rowOf = (value: number) => height - 1 - Math.floor(dotOf(value) / DOTS_DOWN);
  const dots = width * DOTS_ACROSS;
  const xOf = ({ at }: Stretch) => Math.min(Math.floor(((at - chart.from) / (chart.to - chart.from)) * dots), dots - 1);
  for (const { runs, index } of panel.series) {
    runs.forEach((run) => void drawRun(canvas, run, index, xOf, dotOf));
  }
  if (panel.series.length > 1 && !ascii) {
    panel.series.forEach(({ index }, at) => void canvas.shape(shapeOf(index, false), index, 3 + at * 5, SHAPE_EVERY));
  }
  const labels = new Map(ticks.map(({ at, label }) => [rowOf(at), label]));
  const limits = new Set(panel.thresholds.flatMap(({ values }) => values.map(rowOf)));
  return Array.from({ length: height }, (_, row) => {
    const cells = canvas.row(row, ascii ? (index) => shapeOf(index, true) : undefined);
    const blank = limits.has(row) ? { text: lines.threshold, paint: threshold } : { text: ' ', paint: String };
    const label = labels.get(row);
    const wall = label === undefined ? lines.wall : lines.tickLeft;
    return `${axis(`${(label ?? '').padStart(labelWidth)} ${wall}`)}${painted(cells, blank, series)}`.trimEnd();
  });
}

/** Draws each column from its least to its greatest value, and joins those next to each other where they are nearest. */
function drawRun(
  canvas: Canvas,
  run: readonly Stretch[],
  index: number,
  xOf: (stretch: Stretch) => number,
  dotOf: (value: number) => number,
): void {
  let last: { x: number; low: number; high: number } | undefined;
  for (const stretch of run) {
    const next = { x: xOf(stretch), low: dotOf(stretch.min), high: dotOf(stretch.max) };
    canvas.line({ x: next.x, y: next.low }, { x: next.x, y: next.high }, index);
    if (last) {
      const shared = Math.round((Math.max(last.low, next.low) + Math.min(last.high, next.high)) / 2);
      const [from, to] =
        next.low > last.high ? [last.high, next.low] : next.high < last.low ? [last.low, next.high] : [shared, shared];
      canvas.line({ x: last.x, y: from }, { x: next.x, y: to }, index);
    }
    last = next;
  }
}

function painted(
  cells: readonly (Cell | undefined)[],
  blank: { text: string; paint(text: string): string },
  series: Terminal['series'],
): string {
  let line = '';
  for (let at = 0; at < cells.length; ) {
    const index = cells[at]?.series;
    let text = '';
    for (; at < cells.length && cells[at]?.series === index; at++) {
      text += cells[at]?.text ?? blank.text;
    }
    line += index === undefined ? blank.paint(text) : series(text, index);
  }
  return line;
}

function shapeOf(index: number, ascii: boolean): string {
  const shapes = ascii ? GLYPHS : SHAPES;
  return shapes[index % shapes.length] ?? '';
}

/** The unit, the series and the thresholds, in as many lines as they need. */
function legendOf({ unit, series, thresholds }: Panel, terminal: Terminal): string[] {
  const { columns, ascii, measure, cut } = terminal;
  const lines = ascii ? ASCII_LINES : LINES;
  const keyOf = (index: number) =>
    ascii
      ? shapeOf(index, true)
      : series.length === 1
        ? lines.curve.repeat(2)
        : `${lines.curve}${shapeOf(index, false)}${lines.curve}`;
  const shown = [
    ...(unit === '' ? [] : [{ key: '', text: unit, paint: terminal.axis }]),
    ...series.map(({ name, index, runs }) => ({
      ...{ key: keyOf(index), text: runs.length > 0 ? name : `${name} (no values)` },
      paint: (text: string) => terminal.series(text, index),
    })),
    ...thresholds.map(({ label, beyond }) => ({
      key: beyond === undefined ? lines.threshold.repeat(2) : beyond === 'above' ? lines.up : lines.down,
      ...{ text: label, paint: terminal.threshold },
    })),
  ];
  const margin = ' '.repeat(LABEL_WIDTH + AXIS_WIDTH);
  const room = columns - margin.length;
  const legend: { text: string; width: number }[] = [];
  for (const { key, text, paint } of shown) {
    const name = cut(text, room - key.length - 1);
    const item = key === '' ? paint(name) : `${paint(key)} ${name}`;
    const width = measure(name) + (key === '' ? 0 : key.length + 1);
    const last = legend.at(-1);
    if (last && last.width + 3 + width <= room) {
      Object.assign(last, { text: `${last.text}   ${item}`, width: last.width + 3 + width });
    } else {
      legend.push({ text: `${margin}${item}`, width });
    }
  }
  return legend.map(({ text }) => text);
}
