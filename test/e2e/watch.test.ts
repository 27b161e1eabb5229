import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../../src/main.ts';
import { hasBrowser, startBrowser } from '../support/browser.ts';
import { TestHost } from '../support/host.ts';
import { temporaryDirectory, webmacs } from '../support/program.ts';
import { Screen } from '../support/screen.ts';
import { anEvent, aSite, aUser, layout } from '../support/site.ts';
import { TestTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const env = { DATABASE_URL: site.url, WEBMACS_TIMEZONE: 'Europe/Berlin' };
const now = () => new Date('2026-11-25T15:00:00Z');

/** Inserts values of an event, one per second until then. */
async function values(event: string, ago: string, ...measured: string[]): Promise<void> {
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select gen_random_uuid(), v, now() - $2::interval - (cardinality($3::float8[]) - n) * interval '1 second', e.public_id
       from events e, unnest($3::float8[]) with ordinality as given (v, n) where e.name = $1`,
    [event, ago, measured],
  );
}

beforeAll(async () => {
  const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
  await anEvent(site, { name: 'Bed temperature', owner });
  await anEvent(site, { name: 'Flow', owner, unit: 'l/min' });
  await anEvent(site, { name: 'Probe \u001b[2J 温度 with a name that is long', owner, unit: 'K' });
  await anEvent(site, { name: 'Unused', owner, unit: 'K' });
  for (const [name, event, when, threshold] of [
    ['Overheat', 'Bed temperature', 'gt', '850'],
    ['Meltdown', 'Bed temperature', 'gt', '2000'],
    ['Low flow', 'Flow', 'lt', '1'],
    ['Off', 'Flow', 'gt', '1'],
  ] as const) {
    const words = ['rules', 'create', name, '--event', event, '--when', when, '--threshold', threshold];
    expect(await site.run([...words, '--action', 'log'])).toMatchObject({ code: 0 });
  }
  expect(await site.run('rules disable Off')).toMatchObject({ code: 0 });
  await values(
    'Bed temperature',
    '2 days 3 hours 30 minutes',
    ...Array.from({ length: 40 }, (_, at) => `${at}`),
    '873.25',
  );
  await values('Flow', '70 minutes 30 seconds', '3', '4.125', 'NaN', '5', '12.0625');
  await values('Probe \u001b[2J 温度 with a name that is long', '-36 hours', '1', 'Infinity', 'NaN');
});

test.each([50, 80, 120])('the values are drawn in place, %i cells wide', async (columns) => {
  const screen = new Screen(columns, 24, env);
  const running = screen.run(['datapoints', 'watch'], now);
  await screen.untilShown('Flow');
  screen.interrupt();
  expect(await running).toBe(130);
  await expect(await screen.text()).toMatchFileSnapshot(`watch/${columns}.txt`);
});

test('a new value, and a rule that it meets, replace what was shown; a resized window is drawn anew', async () => {
  const screen = new Screen(80, 24, env);
  const running = screen.run(['datapoints', 'watch', '--event', 'Flow', '--event', 'Unused'], now);
  await screen.untilShown('12.0625');
  expect(await screen.text()).toMatch(/^Flow .* ok .*\nUnused +· +K +· /m);
  await values('Flow', '5 seconds', '0.5');
  await screen.untilShown('Low flow < 1 l/min');
  expect((await screen.text()).match(/Flow/g)).toHaveLength(1);
  screen.resize(40, 24);
  await until(async () => (await screen.text()).split('\n').every((line) => line.length < 40));
  expect((await screen.text()).split('\n')).toHaveLength(4);
  screen.interrupt();
  expect(await running).toBe(130);
  await site.pool.query(`delete from datapoints where value = 0.5`);
});

test('a window that is too low shows how many events are hidden', async () => {
  await anEvent(site, { name: 'Air' });
  const screen = new Screen(80, 5, env);
  const running = screen.run(['datapoints', 'watch', '--event', 'Flow', '--event', 'Air', '--event', 'Bed *'], now);
  await screen.untilShown('… 2 more events, 1 with a rule met: --event, or a taller window');
  expect(await screen.text()).toMatch(/^2026.*\nEVENT.*\nAir.*\n…/);
  screen.resize(80, 4);
  await until(async () => /^EVENT.*\nAir.*\n…/m.test((await screen.text()).split('\n').slice(-3).join('\n')));
  screen.interrupt();
  await running;
});

test('elsewhere, a line is printed for each new last value', async () => {
  const host = new TestHost({ env });
  const running = main(['datapoints', 'watch', '--json'], host);
  await until(() => host.stdout.text.split('\n').length === 4);
  await values('Unused', '1 minute', '7', 'NaN');
  await until(() => host.stdout.text.includes('Unused'));
  await site.run('rules disable Overheat');
  await until(() => host.stdout.text.match(/Bed temperature/g)?.length === 2);
  host.emit('SIGINT', 'SIGINT');
  expect((await running).exitCode).toBe(130);
  await site.run('rules enable Overheat');
  const lines = host.stdout.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ event, value, rules_met }) => [event, value, rules_met])).toEqual([
    ['Bed temperature', 873.25, ['Overheat']],
    ['Flow', 12.0625, []],
    ['Probe \u001b[2J 温度 with a name that is long', 'NaN', []],
    ['Unused', 'NaN', []],
    ['Bed temperature', 873.25, []],
  ]);
  expect(lines[0].age_seconds).toBeGreaterThan(185_000);
  expect(host.stderr.text).toBe('');
});

test('a terminal without a cursor gets lines too, and CSV its header once', async () => {
  const terminal = new TestTerminal({ env: { ...env, TERM: 'dumb' } });
  const running = main(['datapoints', 'watch', '--event', 'Bed *'], terminal);
  await until(() => terminal.stdout.text.includes('\n'));
  terminal.emit('SIGINT', 'SIGINT');
  await running;
  expect(terminal.stdout.text).toMatch(/^\S+ \S+ \+01:00 {2}Bed temperature {2}873.25 °C {2}Overheat\n$/);

  const host = new TestHost({ env });
  const csv = main(['datapoints', 'watch', '--format', 'csv', '--event', 'Flow', '--event', 'Bed temperature'], host);
  await until(() => host.stdout.text.split('\n').length === 4);
  host.emit('SIGINT', 'SIGINT');
  await csv;
  expect(host.stdout.text).toMatch(/^timestamp,event,value,unit,age_seconds,rules_met,event_public_id\n[^\n]*,Bed /);
});

test('an event that is deleted disappears, and none is said', async () => {
  await anEvent(site, { name: 'Gone' });
  await values('Gone', '1 minute', '1');
  const screen = new Screen(80, 24, env);
  const running = screen.run(['datapoints', 'watch', '--event', 'Gone'], now);
  await screen.untilShown('Gone');
  await site.run('events delete Gone --yes');
  await screen.untilShown('No event to show');
  screen.interrupt();
  await running;
});

test('the values are read at most once a second', async () => {
  expect(await site.run('datapoints watch --every 0s')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--every must be at least 1s.'),
  });
});

test.runIf(layout === 'own')(
  'whatever watches goes on after a restart of the server',
  { timeout: 120_000 },
  async () => {
    using folder = temporaryDirectory();
    // For root the server runs under another account, which must get through.
    chmodSync(folder.path, 0o711);
    const embedded = { WEBMACS_DATA_DIR: join(folder.path, 'data'), WEBMACS_TIMEZONE: 'UTC' };
    const run = async (line: string, input = '') => {
      expect(await webmacs(line.split(' '), { env: embedded, input })).toMatchObject({ code: 0 });
    };
    const write = async (value: number) =>
      await run(
        'datapoints import - --create-events --experiment Run --quiet',
        `timestamp,event,value\n2026-01-0${value}T00:00:00Z,Bed,${value}\n`,
      );
    await run('db start');
    await run('db migrate');
    await run('users create root --email root@lab.org --admin --generate-password');
    await run('experiments start Run');
    await write(1);
    await run('dashboards create Rig --global');
    await run('dashboards widgets add Rig --type stat_card --title Now --event Bed');

    const watched = ['datapoints watch', 'datapoints plot --from 2026-01-01 --watch', 'experiments plot Run --watch'];
    const screens = watched.map((line) => ({ line, screen: new Screen(80, 24, embedded) }));
    const running = screens.map(async ({ line, screen }) => await screen.run(line.split(' ')));
    const served = new TestHost({ env: embedded });
    const serving = main('dashboards render Rig --watch'.split(' '), served);
    await until(() => served.stderr.text.includes('http'));
    const [url = ''] = /http:\S+/.exec(served.stderr.text) ?? [];
    await using page = hasBrowser ? await aPage(url) : undefined;
    await page?.getByText('live', { exact: true }).waitFor();
    for (const { screen } of screens) {
      await screen.untilShown('Bed');
    }

    await run('db stop --force');
    for (const { screen } of screens) {
      await until(async () => /connection lost, retrying every second/i.test(await screen.text()));
    }
    await page?.getByText('database connection lost').waitFor();
    await until(() => served.stderr.text.includes('Connection lost'));
    await run('db start');
    await write(2);
    const shown = [/^Bed +2 /m, /^2 datapoints/m, /^2 datapoints/m];
    for (const [at, { screen }] of screens.entries()) {
      await until(async () => shown[at]?.test(await screen.text()));
      expect(await screen.text()).not.toMatch(/lost/i);
    }
    await page?.getByText('live', { exact: true }).waitFor();
    await page?.locator('.stat', { hasText: '2' }).waitFor();

    for (const { screen } of screens) {
      screen.interrupt();
    }
    served.emit('SIGINT', 'SIGINT');
    expect(await Promise.all(running)).toEqual([130, 130, 130]);
    expect((await serving).exitCode).toBe(0);
    expect(served.stderr.text).toContain('Reconnected');
    await run('db stop --force');
  },
);

/** Opens a page in a browser of its own. */
async function aPage(url: string): Promise<Page & AsyncDisposable> {
  const browser = await startBrowser();
  const page = await browser.newPage();
  await page.goto(url);
  return Object.assign(page, { [Symbol.asyncDispose]: async () => await browser.close() });
}
