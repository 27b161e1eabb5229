import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { curveOf, unpack } from '../../src/report/codec.ts';
import { documentOf, MAX_BYTES, type Unpacked } from '../../src/report/document.ts';
import type { PageData } from '../../src/report/page-data.ts';

const HOSTILE = `</script></title><img src=x onerror=alert(1)>"'&`;
const grid = { from: 1_793_000_000, width: 1 };
const figures = { count: 9, nan: 0, infinite: 0, isSampled: false, gaps: 0, longestGap: 0, outOfRange: 0 };

function aPage(name: string, points: number, peaks: readonly number[] = []): Unpacked {
  const buckets = Array.from({ length: points }, (_, at) => {
    // Noise, which does not compress.
    const [min, max] = [Math.random(), peaks.includes(at) ? 1000 + at : 1 + Math.random()];
    return { first: grid.from + at, last: grid.from + at, count: 2, min, max, mean: 1, nan: 0, infinite: 0 };
  });
  const curve = curveOf(buckets, grid);
  const series = [{ name, unit: HOSTILE, colour: 0, grid, curve, gaps: [], outOfRange: [], figures }];
  const panels = [{ title: name, unit: HOSTILE, series: [0], thresholds: [{ value: 1, text: name }] }];
  const time = { from: grid.from, to: grid.from + points, zone: { name: 'UTC', periods: [{ from: 0, offset: 0 }] } };
  const made = { madeBy: 'webmacs', madeAt: grid.from, notes: [name] };
  return {
    kind: 'report',
    title: name,
    time,
    series,
    panels,
    marks: [],
    run: { isRunning: false, owner: name },
    ...made,
  };
}

function scriptOf(html: string, id: string): Buffer {
  const [, text = ''] = new RegExp(`<script type="text/plain" id="${id}">([A-Za-z0-9+/=]*)</script>`).exec(html) ?? [];
  return inflateRawSync(Buffer.from(text, 'base64'));
}

const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

test('the page allows its own script and style only, by their hashes, and loads nothing', async () => {
  const html = await documentOf(aPage('Run 7', 10));
  const [, policy = ''] = /Content-Security-Policy" content="([^"]+)"/.exec(html) ?? [];
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(html) ?? [];
  const [, script = ''] = /<script type="module">(.*?)<\/script>/s.exec(html) ?? [];
  expect(policy.split('; ')).toEqual([
    "default-src 'none'",
    `script-src ${sha256(script)}`,
    `style-src ${sha256(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  expect(html.replace(script, '')).not.toMatch(/(?:src|href)=(?!"data:,")|url\(|@import|https?:/);
  expect(script).toContain('Copyright');
});

test('names do not become markup', async () => {
  const html = await documentOf(aPage(HOSTILE, 10));
  const markup = html.replace(/<(style|script)[^>]*>.*?<\/\1>/gs, '');
  expect(markup).not.toContain('<img');
  expect(html.match(/<script/g)).toHaveLength(3);
  const data: PageData = JSON.parse(scriptOf(html, 'data').toString());
  expect([data.title, data.series[0]?.name]).toEqual([HOSTILE, HOSTILE]);
});

test('a page is not too large even for noise, and keeps every peak', async () => {
  const peaks = [3, 77_777, 249_999];
  const html = await documentOf(aPage('Noise', 250_000, peaks));
  expect(html.length).toBeLessThanOrEqual(MAX_BYTES);
  expect(html.length).toBeGreaterThan(MAX_BYTES / 3);
  const data: PageData = JSON.parse(scriptOf(html, 'data').toString());
  const [series] = data.series;
  const { high } = unpack(series?.layout ?? expect.fail(), scriptOf(html, 'curves'), 0, series?.grid ?? grid);
  expect([...high].filter((value) => value > 2)).toEqual(peaks.map((at) => 1000 + at));
});
