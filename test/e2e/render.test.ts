import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../src/main.ts';
import { hasBrowser, startBrowser } from '../support/browser.ts';
import { TestHost } from '../support/host.ts';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, aSite, aUser, layout } from '../support/site.ts';
import { until } from '../support/until.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const HOSTILE = '</script><img src=x onerror=alert(1)>"\'& \u202eright \u001b[2J';
const SHOWN = '</script><img src=x onerror=alert(1)>"\'& \\u202eright \\x1b[2J';

const folder = temporaryDirectory();
const site = await aSite();
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** Inserts values of an event, one each second, the last one then. */
async function values(event: string, last: string, ...measured: (number | string)[]): Promise<void> {
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select gen_random_uuid(), v, $2::timestamptz - (cardinality($3::float8[]) - n) * interval '1 second', e.public_id
       from events e, unnest($3::float8[]) with ordinality as given (v, n) where e.name = $1`,
    [event, last, measured],
  );
}

const add = async (type: string, title: string, ...more: string[]) => {
  const words = ['dashboards', 'widgets', 'add', HOSTILE, '--type', type, '--title', title, ...more];
  expect(await site.run(words)).toMatchObject({ code: 0 });
};

beforeAll(async () => {
  const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
  for (const name of ['Bed', 'Valve', 'Unused', HOSTILE]) {
    await anEvent(site, { name, owner, unit: name === HOSTILE ? '<b>K' : '°C' });
  }
  await site.run('events create Endless --unit K --min -Infinity --max Infinity --type sensor');
  await site.run('rules create Overheat --event Bed --when gt --threshold 80 --action log');
  expect(await site.run(['dashboards', 'create', HOSTILE])).toMatchObject({ code: 0 });
  await values('Bed', '2026-03-29T01:30:00Z', ...Array.from({ length: 3600 }, (_, at) => at / 40), 500, 85.5);
  await values('Valve', '2026-03-29T01:00:00Z', 0, 1);
  await values(HOSTILE, '2026-03-29T01:00:00Z', 1, 'NaN');
  await add('line_chart', 'Course', '--event', 'Bed', '--w', '8', '--h', '3');
  await add('gauge', 'Now', '--event', 'Bed', '--w', '4', '--h', '3');
  await add('actuator_toggle', 'Open', '--event', 'Valve', '--w', '3', '--h', '2');
  await add('stat_card', HOSTILE, '--event', HOSTILE, '--w', '3', '--h', '2');
  await add('gauge', 'Nothing yet', '--event', 'Unused', '--w', '3', '--h', '2');
  await add('stat_card', 'No event', '--w', '3', '--h', '1');
  await add('line_chart', 'Empty', '--event', 'Unused', '--w', '4', '--h', '2', '--y', '60', '--x', '8');
  await add('stat_card', 'Misplaced', '--w', '2', '--h', '2');
  await site.pool.query(`update dashboard_widgets set x = 1, y = 1 where title = 'Misplaced'`);
  await site.pool.query(`update dashboard_widgets set config_json = '{"unknown": "<i>"}'`);
});

const file = join(folder.path, 'board.html');
const render = async (...more: string[]) => await site.run(['dashboards', 'render', HOSTILE, ...more]);

test('a file is written, reported, and not replaced; by default it is named for the dashboard', async () => {
  expect(await render('-o', file, '--timezone', 'Europe/Berlin')).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/board\.html: [\d,]+ datapoints of 4 events, \d+ kB\.\n$/),
  });
  expect(await render('-o', file)).toMatchObject({ code: 4 });
  expect(await render('-o', join(folder.path, 'board.csv'))).toMatchObject({ code: 2 });
  const { code, stdout } = await render('-o', `${folder.path}/`, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ events: 4, file: expect.stringContaining('dashboard_') });
  expect(existsSync(JSON.parse(stdout).file)).toBe(true);
  const html = readFileSync(file, 'utf8');
  expect(html).not.toContain('<img');
  expect(html).not.toContain('connect-src');
  expect((await render('-o', '-')).stdout).toContain('<!doctype html>');
});

test('what has no meaning for a page that is served is refused, and an unknown dashboard is not found', async () => {
  expect(await render('--watch', '-o', file)).toMatchObject({ code: 2 });
  expect(await render('--watch', '--to', 'now')).toMatchObject({ code: 2 });
  expect(await site.run('dashboards render Nowhere')).toMatchObject({ code: 3 });
});

/** Serves the dashboard until `stop`, which presses Ctrl-C. */
async function serve() {
  const host = new TestHost({ env: { DATABASE_URL: site.url } });
  const running = main(['dashboards', 'render', HOSTILE, '--watch', '--quiet'], host);
  await until(() => host.stderr.text.includes('http'));
  const [url = ''] = /http:\S+/.exec(host.stderr.text) ?? [];
  return {
    url,
    async stop() {
      host.emit('SIGINT', 'SIGINT');
      expect((await running).exitCode).toBe(0);
      expect(host.stdout.text).toBe('');
    },
  };
}

test('the page is served at an address that is printed, with the values that arrive, until Ctrl-C', async () => {
  const { url, stop } = await serve();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
  const page = await fetch(url);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("connect-src 'self'")]);
  expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  const { body } = await fetch(`${url}values?after=0`);
  const messages = (body ?? expect.fail()).pipeThrough(new TextDecoderStream()).getReader();
  let received = '';
  const untilReceived = async (text: string) => {
    while (!received.includes(text)) {
      received += (await messages.read()).value ?? expect.fail(received);
    }
  };
  await untilReceived('"value":85.5');
  await values('Bed', '2026-03-29T01:30:02Z', -7, 90);
  await untilReceived('"value":90,');
  expect(received).toContain('"low":-7,"high":90');
  expect(received).toContain('"met":["Overheat > 80 °C"]');
  await stop();
  await site.pool.query('delete from datapoints where value in (-7, 90)');
  await expect(fetch(url)).rejects.toThrow();
});

describe.skipIf(!hasBrowser || layout !== 'own')('a dashboard in a browser (needs Chromium)', () => {
  let browser: Browser;
  /** What a page has printed, or asked for beyond itself, which must be nothing. */
  const noise: string[] = [];
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(() => expect(noise.splice(0)).toEqual([]));
  afterAll(async () => await browser?.close());

  async function open(url: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page & AsyncDisposable> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    page.on('console', (message) => noise.push(message.text()));
    page.on('pageerror', (error) => noise.push(String(error)));
    page.on('request', (request) => request.url().startsWith(url) || noise.push(request.url()));
    await page.goto(url);
    await page.waitForSelector('main[data-ready]');
    return Object.assign(page, { [Symbol.asyncDispose]: async () => await page.close() });
  }

  const written = pathToFileURL(file).href;
  const widget = (page: Page, title: string) =>
    page.locator('.widget').filter({ has: page.locator('h2').getByText(title, { exact: true }) });

  test('the widgets stand where they are on the grid, without rows that are empty', async () => {
    await using page = await open(written);
    const board = (await page.locator('.board').boundingBox()) ?? expect.fail();
    const column = (board.width + 12) / 12;
    const places: Record<string, number[]> = {};
    for (const title of ['Course', 'Now', 'Open', SHOWN, 'Nothing yet', 'No event', 'Empty', 'Misplaced']) {
      const { x, y, width, height } = (await widget(page, title).boundingBox()) ?? expect.fail();
      const [top, rows] = [(y - board.y) / 116, (height + 12) / 116];
      places[title] = [(x - board.x) / column, top, (width + 12) / column, rows].map((cells) => Math.round(cells));
    }
    expect(places).toEqual({
      Course: [0, 0, 8, 3],
      Now: [8, 0, 4, 3],
      Open: [0, 3, 3, 2],
      [SHOWN]: [3, 3, 3, 2],
      'Nothing yet': [6, 3, 3, 2],
      'No event': [9, 3, 3, 1],
      Empty: [8, 6, 4, 2],
      Misplaced: [0, 8, 12, 3],
    });
    expect(await page.textContent('main > .note')).toContain('Widget "Misplaced", 2×2 at 1,1, overlaps another');
  });

  test('each widget shows the last value, its time, the rules that it meets, or that there is none', async () => {
    await using page = await open(written);
    const text = async (title: string) => (await widget(page, title).innerText()).replaceAll(/\s*\n\s*/g, ' | ');
    expect(await page.title()).toBe(SHOWN);
    expect(await page.locator('h1').textContent()).toBe(SHOWN);
    expect(await text('Course')).toMatch(/^Course \| Bed · 2026-03-29 03:30:00 \| 85.5 °C \|.*▲ Overheat > 80 °C$/);
    expect(await text('Now')).toMatch(/ 85.5 °C \| ▲ Overheat/);
    expect(await widget(page, 'Now').locator('svg').getAttribute('aria-label')).toBe('Now: 85.5 °C, of 0 to 100');
    expect(await text('Open')).toBe('Open | Valve · 2026-03-29 03:00:00 | On');
    expect(await text(SHOWN)).toBe(`${SHOWN} | ${SHOWN} · 2026-03-29 03:00:00 | NaN <b>K`);
    expect(await text('Nothing yet')).toContain('no datapoint');
    expect(await text('No event')).toBe('No event | No event: none was chosen, or it was deleted.');
    expect(await text('Empty')).toContain('No datapoint in this time.');
    expect(await page.locator('canvas').count()).toBe(2);
  });

  test.each(['light', 'dark'] as const)('axe finds nothing, %s', async (colorScheme) => {
    await using page = await open(written, { colorScheme });
    expect(await page.evaluate(`${AXE};axe.run(document).then(({ violations }) => violations)`)).toEqual([]);
  });

  test('prints on A4, on white, without a widget that is cut in two', async () => {
    await using page = await open(written, { colorScheme: 'dark' });
    await page.evaluate(`addEventListener('beforeprint', () => {
      document.title = getComputedStyle(document.querySelector('.widget')).backgroundColor;
    })`);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.toString('latin1')).toContain('/MediaBox [0 0 594.95996 841.91998]');
    expect(await page.title()).toBe('rgb(255, 255, 255)');
    // Of A4 with its margins.
    await page.setViewportSize({ width: 703, height: 1031 });
    await page.emulateMedia({ media: 'print' });
    const cards = await page.evaluate<[right: number, breakInside: string][]>(`
      [...document.querySelectorAll('.widget')]
        .map((card) => [card.getBoundingClientRect().right, getComputedStyle(card).breakInside])`);
    expect(Math.max(...cards.map(([right]) => right))).toBe(700);
    expect(new Set(cards.map(([, breakInside]) => breakInside))).toEqual(new Set(['avoid']));
  });

  test('on a phone the widgets are below each other, and the charts zoom together', async () => {
    await using page = await open(written, { viewport: { width: 390, height: 800 } });
    const width = (await page.locator('.board').boundingBox())?.width;
    expect((await widget(page, 'Now').boundingBox())?.width).toBe(width);
    const before = await page.textContent('.range');
    await page.getByRole('button', { name: 'Zoom in' }).click();
    expect(await page.textContent('.range')).not.toBe(before);
  });

  test('a page that is served follows the values, over a lost connection too', async () => {
    const { url, stop } = await serve();
    await using page = await open(url);
    await page.getByText('live', { exact: true }).waitFor();
    const end = async () => (await page.textContent('.range'))?.split(' – ')[1];
    const before = await end();
    await values('Bed', '2026-03-29T01:30:05Z', 12.25);
    await widget(page, 'Now').getByText('12.25').waitFor();
    await widget(page, 'Course').getByText('12.25').waitFor();
    expect(await widget(page, 'Now').innerText()).not.toContain('Overheat');
    expect(await end()).not.toBe(before);
    expect(await page.evaluate(`${AXE};axe.run(document).then(({ violations }) => violations)`)).toEqual([]);

    await site.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'webmacs'`,
    );
    await values('Valve', '2026-03-29T01:30:06Z', 0);
    await widget(page, 'Open').getByText('Off').waitFor();
    expect(noise.splice(0)).toEqual([]);
    await stop();
    await page.getByText('not connected').waitFor();
    // The browser says that it cannot connect.
    noise.length = 0;
  });
});
