import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startBrowser } from './support/browser.ts';
import { temporaryDirectory, webmacs } from './support/program.ts';

// "npm run pictures": makes the pictures of the documentation, from the data of the demo; needs Chromium.

const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url));
const NOW = new Date('2026-11-28T15:00:00Z');

using folder = temporaryDirectory();
// For root the embedded server runs under another account, which must get through.
chmodSync(folder.path, 0o711);
const env = { WEBMACS_DATA_DIR: join(folder.path, 'data'), WEBMACS_TIMEZONE: 'Europe/Berlin' };
async function run(...words: string[]): Promise<void> {
  const { code, stderr } = await webmacs(words, { env, now: () => NOW });
  if (code !== 0) {
    throw new Error(stderr);
  }
}

const cwd = process.cwd();
process.chdir(folder.path);
await run('demo');
process.chdir(cwd);
const rule = ['--when', 'gt', '--threshold', '480', '--cooldown', '20m', '--action', 'log', '--as', 'demo'];
await run('rules', 'create', 'Overheat', '--event', 'Bed temperature', ...rule);
const file = join(folder.path, 'run.html');
const events = ['Bed temperature', 'Wall temperature', 'Windbox pressure', 'Air valve'];
await run('experiments', 'report', 'Demo run', '-o', file, ...events.flatMap((event) => ['--event', event]));

const browser = await startBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, colorScheme: 'light' });
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector('main[data-ready]');
  await page
    .locator('.u-over')
    .first()
    .hover({ position: { x: 420, y: 60 } });
  writeFileSync(join(IMAGES, 'report.png'), await page.screenshot({ clip: { x: 0, y: 0, width: 1100, height: 860 } }));
} finally {
  await browser.close();
}
