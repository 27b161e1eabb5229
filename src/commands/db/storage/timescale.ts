import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { duration, fileSize } from '../../../cli/text.ts';
import { hasLeftovers } from '../../../storage/plain.ts';
import { expectConvertible, makeHypertable } from '../../../storage/timescale.ts';
import { type ChangeOptions, changeOptions, conversionOf, formText, poolFor } from './change.ts';

interface TimescaleOptions extends ChangeOptions {
  chunk?: number;
  compressAfter?: number;
}

export function declareTimescale(storage: Command, ctx: Context): void {
  storage
    .command('timescale')
    .description('turn the table of datapoints into a TimescaleDB hypertable, while it is used')
    .duration('--chunk <duration>', 'the time that a new chunk covers; default 7d')
    .duration(
      '--compress-after <duration>',
      'compress chunks of that age, where the licence of TimescaleDB includes it',
    )
    .with(changeOptions)
    .runs(ctx, runTimescale)
    .note(TIMESCALE)
    .examples(
      ['webmacs db storage timescale --dry-run'],
      ['webmacs db storage timescale --chunk 7d --compress-after 30d'],
      ['webmacs db storage timescale --chunk 1d', 'shorter chunks from now on'],
    );
}

const TIMESCALE = `
Needs the extension on the server, in shared_preload_libraries; only a superuser can create it. Old chunks are pruned in a second, and
compressed ones take about a fifth of the disk. The rows are copied into chunks in batches, a trigger makes each change in the copy,
too, and the copy becomes the table under an exclusive lock of a moment, once all rows were compared. It needs as much disk space
again until then, and waits for transactions that are older than the copy, such as those of exports. After an interruption, run it
again: it continues. "webmacs db storage partition" does not copy rows, and needs no extension.
`;

async function runTimescale(ctx: Context, { chunk, compressAfter, ...options }: TimescaleOptions): Promise<void> {
  const pool = await poolFor(ctx, options);
  const before = await expectConvertible(pool);
  const isHypertable = before.form === 'hypertable';
  const left = isHypertable && (await hasLeftovers(pool));
  if (isHypertable && chunk === undefined && compressAfter === undefined && !left) {
    return await ctx.output.done(`Nothing to do: the datapoints are stored in ${formText(before)}.`, {
      changed: false,
      form: before.form,
    });
  }
  const bytes = isHypertable ? 0 : before.leaves.reduce((sum, leaf) => sum + leaf.bytes, 0);
  if (options.dryRun) {
    const what = isHypertable
      ? `${left ? 'remove what an interrupted conversion has left, and ' : ''}change the settings of the hypertable.`
      : `copy all rows into chunks, while they are used. Until it is done, it needs about ${fileSize(bytes)} of disk space more.`;
    return await ctx.output.done(`Would ${what}`, { changed: false, form: before.form, needs_bytes: bytes });
  }
  if (!isHypertable) {
    await ctx.output.say(`The copy of the datapoints needs about ${fileSize(bytes)} of disk space.`);
  }
  const { storage, refused } = await ctx.progress('Converting', async (show) =>
    makeHypertable(pool, {
      chunkSeconds: chunk,
      compressAfterSeconds: compressAfter,
      onRows: (rows) => show({ rows, totalRows: before.leaves[0]?.rows ?? undefined }),
      ...conversionOf(ctx, options),
    }),
  );
  if (refused && compressAfter !== undefined) {
    await ctx.output.warn(
      `Chunks are not compressed after ${duration(compressAfter)}: the TimescaleDB of this server is licensed without ${refused}.`,
    );
  }
  await ctx.output.done(ctx.output.success(`The datapoints are stored in ${formText(storage)}.`), {
    changed: true,
    form: storage.form,
    refused,
  });
}
