import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { VERSION } from '../version.ts';
import type { BoardData, BoardSeries } from './board-data.ts';
import { coarser, joined, type PackedCurve, pack } from './codec.ts';
import type { PageData, PageSeries } from './page-data.ts';

/** A series before it is packed. */
type Unpack<Series> = Omit<Series, 'layout'> & { curve: PackedCurve };
export type UnpackedSeries = Unpack<PageSeries>;

/** What a page shows, with the points of its curves. */
export type Unpacked<Data extends PageData | BoardData = PageData> = Data extends PageData | BoardData
  ? Omit<Data, 'series'> & { series: Unpack<Data['series'][number]>[] }
  : never;

export interface Page {
  html: string;
  datapoints: number;
  events: number;
}
type AnyUnpacked = Unpacked<PageData | BoardData>;
type AnySeries = Unpack<PageSeries> | Unpack<BoardSeries>;

/** The largest page, in bytes, unless another size is asked for. */
export const MAX_BYTES = 1_450_000;
/** The level 9 takes three times as long, for one part in a hundred. */
const LEVEL = 6;

/** Where the build has put what runs in the page: beside the program. */
const BUILT = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : './', import.meta.url);

/** Returns a page of all that was read of these series. */
export async function pageOf(data: Unpacked, { full }: { full: boolean }): Promise<Page> {
  const events = new Set(data.series.map(({ name, of = name }) => of)).size;
  const datapoints = data.series.reduce((sum, { figures }) => sum + figures.count, 0);
  return { html: await documentOf(data, full ? Number.POSITIVE_INFINITY : MAX_BYTES), datapoints, events };
}

/**
 * Returns a page as one HTML file that needs nothing else, and can load nothing else. Buckets are merged until it is not larger
 * than `maxBytes`, if it can be.
 */
export async function documentOf(data: AnyUnpacked, maxBytes = MAX_BYTES): Promise<string> {
  const [script = '', style = ''] = await Promise.all(['page.js', 'page.css'].map(builtFile));
  let factor = 1;
  let page = htmlOf(data, data.series, script, style);
  while (page.length > maxBytes && data.series.some(({ curve }) => curve.layout.points > 2 * factor)) {
    factor = Math.max(factor + 1, Math.floor((factor * page.length) / maxBytes));
    page = htmlOf(data, merged(data.series, factor), script, style);
  }
  return page;
}

async function builtFile(name: string): Promise<string> {
  return await readFile(fileURLToPath(new URL(name, BUILT)), 'utf8');
}

function merged(series: AnyUnpacked['series'], factor: number): AnySeries[] {
  return series.map(({ grid, curve, ...rest }) => ({
    ...rest,
    grid: { from: grid.from, width: grid.width * factor },
    curve: coarser(curve, grid, factor),
  }));
}

function htmlOf(data: AnyUnpacked, unpacked: readonly AnySeries[], script: string, style: string): string {
  const curves = joined(unpacked.map(({ curve, grid }) => pack(curve, grid)));
  const series = unpacked.map(({ curve, ...rest }) => ({ ...rest, layout: curve.layout }));
  const live = data.kind === 'dashboard' && data.live ? ["connect-src 'self'"] : [];
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    'img-src data:',
    ...live,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="webmacs ${VERSION}">
<link rel="icon" href="data:,">
<title>${escaped(data.title)}</title>
<style>${style}</style>
</head>
<body>
<main><noscript>This page draws its charts with JavaScript, which is disabled here.</noscript></main>
<script type="text/plain" id="data">${packed(JSON.stringify({ ...data, series }))}</script>
<script type="text/plain" id="curves">${packed(curves)}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

function packed(content: string | Uint8Array): string {
  return deflateRawSync(content, { level: LEVEL }).toString('base64');
}

function hashOf(content: string): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
