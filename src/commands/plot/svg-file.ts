import type { Context } from '../../cli/context.ts';
import { fileSize } from '../../cli/text.ts';
import { shownTimezone } from '../../cli/timezone.ts';
import { NotFoundError } from '../../errors.ts';
import { checkOutput, writeTextFile } from '../../files/output-file.ts';
import { SVG_BUCKETS, svgOf } from '../../plot/svg.ts';
import { bucketFacts } from './bucket-rows.ts';
import { figuresOf, printableChart, rangeText } from './drawing.ts';
import { type Drawn, readDrawn, titleOf } from './read.ts';
import { nothingIn, warnOf } from './reports.ts';

/**
 * Draws datapoints as SVG into a file, or on standard output for `-`.
 * @throws NotFoundError if there are none: no file is written
 */
export async function writeSvg(ctx: Context, drawn: Drawn, path: string, force: boolean): Promise<void> {
  const options = { force, suffixes: ['.svg'], signal: ctx.signal };
  const output = path === '-' ? ctx.output.onStderr : ctx.output;
  if (path !== '-') {
    await checkOutput(path, options);
  }
  const reading = await ctx.progress('Reading', async () => await readDrawn(ctx, drawn, SVG_BUCKETS));
  if (reading === undefined) {
    throw new NotFoundError(await nothingIn(ctx, drawn));
  }
  const zone = shownTimezone(ctx);
  const subtitle = rangeText(reading.curves, zone);
  const chart = printableChart(reading);
  const svg = svgOf(chart, { title: titleOf(drawn), subtitle, zone });
  const bytes = path === '-' ? Buffer.byteLength(svg) : await writeTextFile(path, options, svg);
  if (path === '-') {
    await ctx.output.text(svg);
  }
  const figures = figuresOf(reading, true).join(', ');
  const name = path === '-' ? '' : `${path}: `;
  const sentence = output.success(`${name}${figures}, ${fileSize(bytes)}.`);
  await output.done(sentence, { file: path, bytes, ...bucketFacts(reading) });
  await warnOf(ctx, reading);
}
