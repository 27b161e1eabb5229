import type { TimeZone } from '../text/time-zone.ts';
import type { Chart, Panel, Stretch } from './panels.ts';
import { fittedTicks } from './time-axis.ts';
import { placeIn, valueTicks } from './value-ticks.ts';

/** What is written above the panels, and the time zone of the axis. */
export interface Heading {
  title: string;
  /** Such as the time that is drawn. */
  subtitle: string;
  zone: TimeZone;
}

/** How many buckets a drawing has: more than a printer shows. */
export const SVG_BUCKETS = 1200;

const WIDTH = 720;
/** The curves, without labels. */
const [LEFT, RIGHT, PANEL_HEIGHT] = [64, 704, 170];
/** The room between the curves and the frame. */
const INSET = 5;
const LINE = 16;
const AXIS_HEIGHT = 40;
/** About the width of a character, for what fits; the font is not known. */
const CHARACTER = 6.4;
const MAX_NAME = 60;

const INK = '#17202b';
const MUTED = '#566273';
const GRID = '#dfe3e8';
const LIMIT = '#c01c28';
const SERIES = ['#0b5cd5', '#c2410c', '#0f7a5c', '#8438c2', '#b3256a', '#6b5b00', '#0b7285', '#9f2a1d'];
/** For each series, about a place, so that they differ in print without colours too. */
const SHAPES = [
  'm-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z',
  'm0,-5l5,9h-10z',
  'm-4,-4h8v8h-8z',
  'm0,-5l5,5l-5,5l-5,-5z',
  'm0,5l5,-9h-10z',
  'm-4,-4l8,8m0,-8l-8,8',
  'm-5,0h10m-5,-5v10',
  'm-4,-2h8v4h-8z',
];
const SHAPE_EVERY = 110;

/** Characters that XML does not have, even escaped. */
const NOT_XML = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Draws the panels of a chart below each other as SVG, for a paper: with text as text, and nothing to be loaded. */
export function svgOf(chart: Chart, { title, subtitle, zone }: Heading): string {
  const xOf = (at: number) => LEFT + ((at - chart.from) / (chart.to - chart.from)) * (RIGHT - LEFT);
  const times = fittedTicks(zone, chart, Math.floor((RIGHT - LEFT) / CHARACTER));
  const parts = [text(LEFT, 22, title, `font-weight="bold" font-size="14" fill="${INK}"`), text(LEFT, 40, subtitle)];
  let top = 56;
  for (const panel of chart.panels) {
    const { lines, height } = legendOf(panel, top);
    top += height;
    const grid = times.map(({ at }) => line(xOf(at), top, xOf(at), top + PANEL_HEIGHT, GRID));
    parts.push(...lines, ...grid, ...panelOf(panel, top, xOf));
    top += PANEL_HEIGHT + LINE;
  }
  const bottom = top - LINE;
  for (const { at, label, context } of times) {
    const middle = 'text-anchor="middle"';
    parts.push(line(xOf(at), bottom, xOf(at), bottom + 5, MUTED));
    parts.push(label ? text(xOf(at), bottom + 18, label.text, middle) : '');
    parts.push(context ? text(xOf(at), bottom + 32, context.text, middle) : '');
  }
  const height = bottom + AXIS_HEIGHT;
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img"
  font-family="Helvetica, Arial, sans-serif" font-size="11" fill="${MUTED}">
<title>${escaped(title)}</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${parts.filter((part) => part !== '').join('\n')}
</svg>
`;
}

function panelOf({ range, series, thresholds }: Panel, top: number, xOf: (at: number) => number): string[] {
  const yOf = (value: number) => top + INSET + (1 - placeIn(value, range)) * (PANEL_HEIGHT - 2 * INSET);
  const ticks = valueTicks(range, 5).flatMap(({ at, label }) => [
    line(LEFT, yOf(at), RIGHT, yOf(at), GRID),
    text(LEFT - 6, yOf(at) + 4, label, 'text-anchor="end"'),
  ]);
  const limits = thresholds.flatMap(({ values }) =>
    values.map((value) => line(LEFT, yOf(value), RIGHT, yOf(value), LIMIT, 'stroke-dasharray="5 3"')),
  );
  const curves = series.flatMap(({ runs, index }) => {
    const colour = colourOf(index);
    const bands = runs.map((run) => bandOf(run, xOf, yOf)).join('');
    const style = `fill="${colour}" stroke="${colour}" stroke-width="1.2" stroke-linejoin="round" stroke-linecap="round"`;
    return [`<path d="${bands}" ${style}/>`, series.length > 1 ? shapesOf(runs, index, xOf, yOf) : ''];
  });
  return [...ticks, frame(top), ...limits, ...curves];
}

/** A closed path along the greatest values, and back along the least. */
function bandOf(run: readonly Stretch[], xOf: (at: number) => number, yOf: (value: number) => number): string {
  const there = run.map(({ at, max }) => `${short(xOf(at))},${short(yOf(max))}`);
  const back = run.map(({ at, min }) => `${short(xOf(at))},${short(yOf(min))}`).reverse();
  return `M${[...there, ...back].join('L')}Z`;
}

/** Shapes on a curve, at distances that differ from those of the other series. */
function shapesOf(
  runs: readonly (readonly Stretch[])[],
  index: number,
  xOf: (at: number) => number,
  yOf: (value: number) => number,
): string {
  let next = LEFT + 20 + ((index * 37) % SHAPE_EVERY);
  const places: string[] = [];
  for (const { at, min, max } of runs.flat()) {
    if (xOf(at) >= next) {
      places.push(`M${short(xOf(at))},${short(yOf(min / 2 + max / 2))}${SHAPES[index % SHAPES.length]}`);
      next = xOf(at) + SHAPE_EVERY;
    }
  }
  return `<path d="${places.join('')}" fill="#fff" stroke="${colourOf(index)}" stroke-width="1.2"/>`;
}

/** The unit, the series and the thresholds, in as many lines as they need. */
function legendOf({ unit, series, thresholds }: Panel, top: number): { lines: string[]; height: number } {
  const items = [
    ...(unit === '' ? [] : [{ name: unit, key: undefined }]),
    ...series.map(({ name, index, runs }) => ({
      name: runs.length > 0 ? name : `${name} (no values)`,
      key: (x: number, y: number) =>
        line(x, y, x + 20, y, colourOf(index), 'stroke-width="2"') +
        (series.length > 1
          ? `<path d="M${x + 10},${y}${SHAPES[index % SHAPES.length]}" fill="#fff" stroke="${colourOf(index)}"/>`
          : ''),
    })),
    ...thresholds.map(({ label, beyond }) => ({
      name: beyond === undefined ? label : `${label} (${beyond} this drawing)`,
      key: (x: number, y: number) => line(x, y, x + 20, y, LIMIT, 'stroke-dasharray="5 3"'),
    })),
  ];
  let [x, y] = [LEFT, top + 8];
  const lines: string[] = [];
  for (const { name, key } of items) {
    const shown = [...name].length > MAX_NAME ? `${[...name].slice(0, MAX_NAME).join('')}…` : name;
    const width = [...shown].length * CHARACTER + (key ? 26 : 0);
    if (x > LEFT && x + width > RIGHT) {
      [x, y] = [LEFT, y + LINE];
    }
    lines.push(`${key?.(x, y) ?? ''}${text(key ? x + 26 : x, y + 4, shown, `fill="${INK}"`)}`);
    x += width + 14;
  }
  return { lines, height: y - top + LINE };
}

function colourOf(index: number): string {
  return SERIES[index % SERIES.length] ?? INK;
}

function frame(top: number): string {
  const size = `width="${RIGHT - LEFT}" height="${PANEL_HEIGHT}"`;
  return `<rect x="${LEFT}" y="${top}" ${size} fill="none" stroke="${MUTED}"/>`;
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string, more = ''): string {
  const place = `x1="${short(x1)}" y1="${short(y1)}" x2="${short(x2)}" y2="${short(y2)}"`;
  return `<line ${place} stroke="${colour}"${more && ` ${more}`}/>`;
}

function text(x: number, y: number, content: string, more = ''): string {
  return `<text x="${short(x)}" y="${short(y)}"${more && ` ${more}`}>${escaped(content)}</text>`;
}

/** To a hundredth of a pixel. */
function short(length: number): string {
  return String(Math.round(length * 100) / 100);
}

function escaped(content: string): string {
  return content.replace(NOT_XML, '\ufffd').replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
