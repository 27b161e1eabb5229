import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { documentOf } from '../../src/report/document.ts';
import { hasBrowser, startBrowser } from '../support/browser.ts';
import { temporaryDirectory } from '../support/program.ts';
import { aBucket, aReport, HOSTILE, START } from './a-page.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const folder = temporaryDirectory();
const url = pathToFileURL(join(folder.path, 'run.html')).href;
const BACKGROUND = "getComputedStyle(document.querySelector('.card')).backgroundColor";
const LONG = 'Long '.repeat(51);

describe.skipIf(!hasBrowser)('a report in a browser (needs Chromium)', () => {
  let browser: Browser;
  let page: Page;
  /** What a page has printed or asked for, which must be nothing. */
  const noise: string[] = [];

  beforeAll(async () => {
    const wave = (shift: number) => Array.from({ length: 3600 }, (_, at) => aBucket(at, Math.sin(at / 500) + shift, 2));
    const series = { [HOSTILE]: wave(0), 'Zone 2': wave(0.5), [LONG]: wave(0), '\u202eright to left': wave(-1) };
    const marks = [100, 110, 2000].map((at) => ({ at: START + at, kind: 'rule' as const, text: HOSTILE }));
    const html = await documentOf(aReport(series, { title: HOSTILE, marks, notes: ['A note.'] }));
    writeFileSync(join(folder.path, 'run.html'), html);
    browser = await startBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
    page.setDefaultTimeout(15_000);
    page.on('console', (message) => noise.push(message.text()));
    page.on('pageerror', (error) => noise.push(String(error)));
    page.on('request', (request) => request.url() === url || noise.push(request.url()));
    await page.goto(url);
    await page.waitForSelector('main[data-ready]');
  });
  beforeEach(async () => {
    await page.getByRole('group', { name: 'Charts' }).focus();
    await page.keyboard.press('0');
  });
  afterEach(() => expect(noise.splice(0)).toEqual([]));
  afterAll(async () => {
    await browser?.close();
    folder[Symbol.dispose]();
  });

  const range = async () => (await page.textContent('.range')) ?? '';
  const plots = () => page.locator('.u-over');
  async function drag(from: number, to: number): Promise<void> {
    const box = (await plots().first().boundingBox()) ?? expect.fail();
    await page.mouse.move(box.x + from * box.width, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + to * box.width, box.y + 40, { steps: 4 });
    await page.mouse.up();
  }

  test('draws every chart, with all names as text', async () => {
    expect(await page.locator('canvas').count()).toBe(3);
    expect(await page.locator('.legend .name').allTextContents()).toEqual([
      HOSTILE,
      'Zone 2',
      LONG,
      '\u202eright to left',
    ]);
    expect(await page.textContent('h1')).toBe(`${HOSTILE}finished`);
    expect(await page.title()).toBe(HOSTILE);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('.strip .badge').allTextContents()).toEqual(['1–2', '3']);
  });

  test('zooms by dragging, pans with Shift, and shows all again', async () => {
    expect(await range()).toBe('2026-10-24 22:00:00 – 23:00:00');
    await drag(0.25, 0.5);
    expect(await range()).toMatch(/22:1[45]:\d\d – 22:(29|30):\d\d/);
    await page.keyboard.down('Shift');
    await drag(0.8, 0.3);
    await page.keyboard.up('Shift');
    expect(await range()).toMatch(/22:2[123]:\d\d – 22:3[678]:\d\d/);
    await plots().nth(1).dblclick();
    expect(await range()).toBe('2026-10-24 22:00:00 – 23:00:00');
  });

  test('can be used by keys, and says what is in view', async () => {
    await page.keyboard.press('+');
    await page.keyboard.press('ArrowRight');
    expect(await range()).toBe('2026-10-24 22:18:00 – 22:48:00');
    await expect.poll(() => page.textContent('[role=status]')).toBe('2026-10-24 22:18:00 – 22:48:00, 30 min');
    await page.keyboard.press('Shift+ArrowRight');
    expect(await page.textContent('[role=status]')).toContain('Zone 2');
    await page.keyboard.press('End');
    expect(await range()).toContain('22:30:00 – 23:00:00');
    await page.keyboard.press('Home');
    expect(await range()).toContain('22:00:00 – 22:30:00');
    await page.keyboard.press('0');
    await page.getByRole('button', { name: 'Zoom in' }).click();
    expect(await range()).toContain('22:15:00 – 22:45:00');
  });

  test('hides and shows a line by its legend', async () => {
    const columns = page.locator('.in-view thead th');
    expect(await columns.count()).toBe(5);
    const toggle = page.getByRole('button', { name: 'Zone 2' });
    await toggle.click();
    expect([await toggle.getAttribute('aria-pressed'), await columns.count()]).toEqual(['false', 4]);
    await toggle.press('Enter');
    expect([await toggle.getAttribute('aria-pressed'), await columns.count()]).toEqual(['true', 5]);
  });

  test('reads all charts at the cursor of one', async () => {
    await plots()
      .nth(2)
      .hover({ position: { x: 300, y: 40 } });
    const readings = await page.locator('.reading').allTextContents();
    expect(readings).toHaveLength(4);
    expect(readings.every((reading) => /^[−\d.]+ … 2$/.test(reading))).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.locator('.reading').allTextContents()).toEqual(['', '', '', '']);
  });

  test('saves what is in view of the lines that are shown', async () => {
    await page.getByRole('button', { name: 'Zone 2' }).click();
    await page.getByRole('button', { name: 'Zoom in' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download CSV' }).click(),
    ]);
    const rows = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n');
    expect(rows[0]).toBe('time,event,unit,min,max');
    expect(rows).toHaveLength(1 + 3 * 1800);
    expect(rows[1]).toMatch(/^2026-10-24T22:15:00\.500000\+02:00,/);
    expect(await page.textContent('#csv-note')).toContain('5\u202f400 buckets');
    await page.getByRole('button', { name: 'Zone 2' }).click();
  });

  test('draws values as large as there are, with labels', async () => {
    const ramp = (low: number, high: number) => [low, high, low].map((value, at) => aBucket(at, value, value, 1));
    const series = { Sentinel: ramp(0, Number.MAX_VALUE), Whole: ramp(-Number.MAX_VALUE, Number.MAX_VALUE) };
    writeFileSync(
      join(folder.path, 'huge.html'),
      await documentOf(aReport({ a: ramp(0, 1), b: ramp(0, 1), ...series })),
    );
    const huge = await browser.newPage({ colorScheme: 'light' });
    huge.on('console', (message) => noise.push(message.text()));
    await huge.addInitScript(`
      const write = CanvasRenderingContext2D.prototype.fillText;
      CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
        this.canvas.texts = [...(this.canvas.texts ?? []), text];
        write.call(this, text, ...place);
      };`);
    await huge.goto(url.replace('run.html', 'huge.html'));
    await huge.waitForSelector('main[data-ready]');
    const trends = huge.locator('.sparkline path');
    expect(await trends.last().getAttribute('d')).toMatch(/^M[\d.]+ 20.0L[\d.]+ 2.0L[\d.]+ 20.0$/);
    const charts = await huge.evaluate<{ texts: string[]; share: number }[]>(`
      [...document.querySelectorAll('canvas')].slice(1).map((canvas) => {
        const { width, height } = canvas;
        const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
        const isLine = (at) => data[at + 1] - data[at] > 60 || data[at] - data[at + 1] > 60;
        const rows = Array.from({ length: height }, (_, row) => row)
          .filter((row) => Array.from({ length: width }, (_, x) => 4 * (row * width + x)).some(isLine));
        return { texts: canvas.texts, share: (rows.at(-1) - rows[0]) / height };
      })`);
    expect(charts.map(({ texts }) => texts)).toEqual([
      expect.arrayContaining(['0', '1.0e308']),
      expect.arrayContaining(['-1e308', '0', '1e308']),
    ]);
    expect(charts.filter(({ share }) => share > 0.6)).toHaveLength(2);
    await huge.close();
  });

  test('prints on white, and is dark again', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    const background = async () => await page.evaluate<string>(BACKGROUND);
    const dark = await background();
    await page.evaluate(`addEventListener('beforeprint', () => { document.title = ${BACKGROUND} })`);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(pdf.toString('latin1')).toContain('/MediaBox [0 0 594.95996 841.91998]');
    expect(await page.title()).toBe('rgb(255, 255, 255)');
    expect(await background()).toBe(dark);
  });

  test.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
  ] as const)('has nothing that cannot be read, and fits the window: %s, %i px', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
      `${AXE}; axe.run(document, { resultTypes: ['violations'] })`,
    );
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });
});
