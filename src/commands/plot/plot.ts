import type { Context } from '../../cli/context.ts';
import { refuseWith } from '../../cli/option.ts';
import { InvalidInputError } from '../../errors.ts';
import { checkForce } from '../../files/output-file.ts';
import { bucketsFor } from '../../plot/braille.ts';
import { bucketColumns, bucketFacts, bucketRows } from './bucket-rows.ts';
import { drawingOf, type Size } from './drawing.ts';
import type { PlotOptions } from './options.ts';
import { type Drawn, readDrawn } from './read.ts';
import { nothingIn, warnOf } from './reports.ts';
import { writeSvg } from './svg-file.ts';
import { keepDrawing } from './watch.ts';

/** Where no window says how wide the drawing is. */
const COLUMNS = 80;
const LEAST_COLUMNS = 20;
const MAX_COLUMNS = 1000;

/** Draws datapoints over time on standard output or in a file, or prints the figures of the drawing for programs. */
export async function plot(ctx: Context, drawn: Drawn, { watch, ...options }: PlotOptions): Promise<void> {
  const { output, force = false } = options;
  if (watch) {
    refuseWith('--watch', options, ['output', 'force']);
    return await watched(ctx, drawn);
  }
  checkForce(output, force);
  if (output !== undefined) {
    return await writeSvg(ctx, drawn, output, force);
  }
  const size = sizeOf(ctx);
  const reading = await ctx.progress('Reading', async () => await readDrawn(ctx, drawn, bucketsFor(size.columns)));
  if (reading === undefined) {
    await ctx.output.warn(await nothingIn(ctx, drawn));
    return ctx.output.structured ? await ctx.output.report({ from: null, to: null }, [], bucketColumns) : undefined;
  }
  if (ctx.output.structured) {
    await ctx.output.report(bucketFacts(reading), bucketRows(reading), bucketColumns);
  } else {
    await ctx.output.text(`${(await drawingOf(ctx, drawn, reading, size)).join('\n')}\n`);
  }
  await warnOf(ctx, reading);
}

/** @throws InvalidInputError where a drawing cannot be kept on the screen */
async function watched(ctx: Context, drawn: Drawn): Promise<void> {
  if (!ctx.output.forPeople || ctx.environment.TERM === 'dumb') {
    throw new InvalidInputError('--watch needs a terminal on which a drawing can be replaced.', {
      hint: 'Leave it out to draw once.',
    });
  }
  await keepDrawing(ctx, drawn);
}

/** The window, without the line for the prompt of the shell. */
function sizeOf({ streams, environment }: Context): Size {
  if (streams.stdoutIsTerminal) {
    return { columns: Math.max(LEAST_COLUMNS, streams.columns()), rows: streams.rows() - 1 };
  }
  const given = Number(environment.COLUMNS);
  const columns = given >= LEAST_COLUMNS && given <= MAX_COLUMNS ? Math.floor(given) : COLUMNS;
  return { columns, rows: undefined };
}
