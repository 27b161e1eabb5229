import { inflateRawSync } from 'node:zlib';
import { curveOf, unpack } from '../../src/report/codec.ts';
import type { Unpacked } from '../../src/report/document.ts';
import type { Figures, PageData, ReportData } from '../../src/report/page-data.ts';
import type { Bucket } from '../../src/series/model.ts';

export const HOSTILE = `</script></title><img src=x onerror="document.title='run'">"'&`;
export const START = Date.parse('2026-10-24T20:00:00Z') / 1000;

const none = { min: null, mean: null, max: null, stddev: null, interval: 1, isSampled: true };
export const FIGURES: Figures = { ...none, count: 9, nan: 0, infinite: 0, gaps: 0, longestGap: 0, outOfRange: 0 };

/** A bucket of one second, or of a datapoint of its own. */
export function aBucket(number: number, min: number, max: number, count = 2): Bucket {
  const first = START + number;
  return { first, last: first, count, min, max, mean: min, nan: 0, infinite: 0 };
}

/** A report, for Berlin, of series with these names and buckets, the first two of which are in one chart. */
export function aReport(
  series: Record<string, Bucket[]>,
  more: Partial<Unpacked<ReportData>> = {},
): Unpacked<ReportData> {
  const grid = { from: START, width: 1 };
  const seconds = Math.max(...Object.values(series).map(({ length }) => length));
  const names = Object.keys(series);
  const panel = { unit: '°C', thresholds: [{ value: 1, text: 'Overtemperature > 1 °C' }] };
  const zone = { name: 'Europe/Berlin', periods: [{ from: START, offset: 7200 }] };
  return {
    ...{ kind: 'report', title: 'Run 7', time: { from: START, to: START + seconds, zone }, marks: [], notes: [] },
    series: names.map((name, colour) => ({
      ...{ name, unit: '°C', colour, grid, curve: curveOf(series[name] ?? [], grid) },
      ...{ gaps: [], outOfRange: [], figures: FIGURES },
    })),
    panels: [[0, 1], [2], [3]].map((numbers) => {
      return { ...panel, title: '°C', series: numbers.filter((at) => at < names.length) };
    }),
    run: { started: START, stopped: START + seconds, isRunning: false, owner: 'alice' },
    madeBy: 'webmacs',
    ...more,
  };
}

/** Reads what a page has in it. */
export function readPage(html: string) {
  const inflated = (id: string) => {
    const [, text = ''] =
      new RegExp(`<script type="text/plain" id="${id}">([A-Za-z0-9+/=]*)</script>`).exec(html) ?? [];
    return inflateRawSync(Buffer.from(text, 'base64'));
  };
  const data: PageData = JSON.parse(inflated('data').toString());
  const bytes = inflated('curves');
  let start = 0;
  const curves = data.series.map(({ layout, grid }) => {
    const curve = unpack(layout, bytes, start, grid);
    start = curve.end;
    return curve;
  });
  return { data, curves };
}
