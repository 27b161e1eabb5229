import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startBrowser } from './support/browser.ts';
import { temporaryDirectory, webmacs } from './support/program.ts';
import { onTerminal } from './support/terminal.ts';

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

const COLUMNS = 92;
let terminal = '';
for (const words of [
  ['experiments', 'show', 'Demo run'],
  ['experiments', 'plot', 'Demo run', '--event', 'Bed temperature'],
]) {
  const { output } = await onTerminal(words, env, [], COLUMNS);
  terminal += `$ webmacs ${words.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ')}\n${output}\n`;
}

/** Returns what a terminal shows as HTML, with its colours. */
function htmlOf(shown: string): string {
  const [first = '', ...parts] = shown.split('\u001b[');
  const spans = parts.map((part) => {
    const [, codes = '', text = ''] = /^([\d;]*)m(.*)$/s.exec(part) ?? [];
    return `<span class="c${codes.replaceAll(';', ' c')}">${cells(text)}</span>`;
  });
  return cells(first) + spans.join('');
}

/** Returns text as HTML, with what another font may have to draw as wide as all else. */
function cells(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\u2190-\u28ff]/g, '<i>$&</i>');
}

const STYLE = `
  body { margin: 0; background: #16181d; color: #e3e5e8; }
  pre { margin: 0; padding: 16px 20px; width: max-content; font: 14px/1.16 'DejaVu Sans Mono', monospace; }
  i { display: inline-block; width: 1ch; font-style: normal }
  .c1 { font-weight: bold } .c2 { opacity: 0.65 } .c31 { color: #ff7b72 } .c32 { color: #7ee787 } .c33 { color: #e3b341 }
  .c34 { color: #79c0ff } .c35 { color: #d2a8ff } .c36 { color: #56d4dd } .c90 { color: #8b949e }`;

const browser = await startBrowser();
try {
  const window = await browser.newPage({ viewport: { width: 900, height: 600 } });
  await window.setContent(`<style>${STYLE}</style><pre>${htmlOf(terminal.trimEnd())}</pre>`);
  writeFileSync(join(IMAGES, 'terminal.png'), await window.locator('pre').screenshot());
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
