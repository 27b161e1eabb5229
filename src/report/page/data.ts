import type { BoardData } from '../board-data.ts';
import { unpack } from '../codec.ts';
import type { PageData } from '../page-data.ts';
import type { Curve } from './columns.ts';

/** Reads the data of the page, which are compressed in it. */
export async function readData(): Promise<{ data: PageData | BoardData; curves: Curve[] }> {
  const data: PageData | BoardData = JSON.parse(new TextDecoder().decode(await inflated('data')));
  const bytes = await inflated('curves');
  let start = 0;
  const curves = data.series.map(({ layout, grid }) => {
    const { times, low, high, end } = unpack(layout, bytes, start, grid);
    start = end;
    return { times, low, high, width: layout.exact ? 0 : grid.width };
  });
  return { data, curves };
}

async function inflated(id: string): Promise<Uint8Array> {
  const packed = Uint8Array.from(atob(document.getElementById(id)?.textContent ?? ''), (byte) => byte.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
