import type { Context } from '../../cli/context.ts';
import { FullScreen } from '../../cli/full-screen.ts';
import { redrawnOnResize } from '../../cli/live-lines.ts';
import { bucketsFor } from '../../plot/braille.ts';
import { followQuery } from '../standard/follow.ts';
import { drawingOf } from './drawing.ts';
import { type Drawn, type Reading, readDrawn } from './read.ts';
import { nothingIn } from './reports.ts';

/** How often new datapoints are looked for, at most: after a query, the server rests for ten times as long as it took. */
const EVERY_SECONDS = 2;
const REST = 10;

const LOST = 'Connection lost, retrying every second.';

/**
 * Keeps a drawing on the terminal until Ctrl-C: drawn anew when the window is resized, and with what was measured since. The
 * last one stays.
 */
export async function keepDrawing(ctx: Context, drawn: Drawn): Promise<never> {
  let [columns, dueAt] = [0, 0];
  let reading: Reading | undefined;
  let nothing = '';
  let lines: string[] = [];
  let isLost = false;
  try {
    using screen = new FullScreen(ctx.streams);
    const read = async () => {
      const { columns: width } = screen.room;
      if (performance.now() >= dueAt || columns !== width) {
        const started = performance.now();
        columns = width;
        reading = await readDrawn(ctx, drawn, bucketsFor(width));
        nothing = reading ? '' : await nothingIn(ctx, drawn);
        dueAt = performance.now() + (performance.now() - started) * REST;
      }
    };
    const draw = async () => {
      const { rows, columns: width } = screen.room;
      lines = reading ? await drawingOf(ctx, drawn, reading, { columns: width, rows: rows - 1 }) : [nothing];
      await screen.draw([...lines.slice(0, rows - 1), isLost ? ctx.output.style.yellow(LOST) : '']);
    };
    const onConnection = async (lost: boolean) => {
      isLost = lost;
      await draw();
    };
    using _redrawn = redrawnOnResize(ctx.streams, draw);
    await read();
    await draw();
    return await followQuery(ctx, { read, print: draw, everySeconds: EVERY_SECONDS, onConnection });
  } finally {
    await ctx.output.text(lines.map((line) => `${line}\n`).join(''));
  }
}
