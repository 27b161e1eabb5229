import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { documentOf, MAX_BYTES } from '../../src/report/document.ts';
import { aBucket, aReport, HOSTILE, readPage } from './a-page.ts';

const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

test('the page allows its own script and style only, by their hashes, and loads nothing', async () => {
  const html = await documentOf(aReport({ Bed: [aBucket(0, 1, 2)] }));
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
  const html = await documentOf(aReport({ [HOSTILE]: [aBucket(0, 1, 2)] }, { title: HOSTILE }));
  expect(html.replace(/<(style|script)[^>]*>.*?<\/\1>/gs, '')).not.toContain('<img');
  expect(html.match(/<script/g)).toHaveLength(3);
  const { data } = readPage(html);
  expect([data.title, data.series[0]?.name]).toEqual([HOSTILE, HOSTILE]);
});

test('a page is not too large even for noise, and keeps every peak', async () => {
  const peaks = [3, 77_777, 249_999];
  const noise = Array.from({ length: 250_000 }, (_, at) => {
    return aBucket(at, Math.random(), peaks.includes(at) ? 1000 + at : 1 + Math.random());
  });
  const html = await documentOf(aReport({ noise }));
  expect(html.length).toBeLessThanOrEqual(MAX_BYTES);
  expect(html.length).toBeGreaterThan(MAX_BYTES / 3);
  const [curve] = readPage(html).curves;
  expect(curve?.high.filter((value) => value > 2)).toEqual(Float32Array.from(peaks, (at) => 1000 + at));
});
