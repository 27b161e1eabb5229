import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { duration } from '../../../cli/text.ts';
import { expectConvertible, makeHypertable } from '../../../storage/timescale.ts';
import { type ChangeOptions, changeOptions, conversionOf, formText, poolFor } from './change.ts';

interface TimescaleOptions extends ChangeOptions {
  chunk?: number;
  compressAfter?: number;
}

export function declareTimescale(storage: Command, ctx: Context): void {
  storage
    .command('timescale')
    .description('turn the table of datapoints into a TimescaleDB hypertable; others wait while its rows are moved')
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
compressed ones take about a fifth of the disk. Two unique indexes are built while the table is used. Then all rows are moved into
chunks in one transaction: whoever reads or writes datapoints waits for it, about ten seconds for a million rows. If it is
interrupted there, nothing has changed; run it again. "webmacs db storage partition" does not move rows, and needs no extension.
`;

async function runTimescale(ctx: Context, { chunk, compressAfter, ...options }: TimescaleOptions): Promise<void> {
  const pool = await poolFor(ctx, options);
  const before = await expectConvertible(pool);
  const isHypertable = before.form === 'hypertable';
  if (isHypertable && chunk === undefined && compressAfter === undefined) {
    return await ctx.output.done(`Nothing to do: the datapoints are stored in ${formText(before)}.`, {
      changed: false,
      form: before.form,
    });
  }
  if (options.dryRun) {
    const what = isHypertable
      ? 'change the settings of the hypertable'
      : 'move all rows into chunks, for which others wait';
    return await ctx.output.done(`Would ${what}.`, { changed: false, form: before.form });
  }
  const { storage, refused } = await ctx.progress('Converting', async () =>
    makeHypertable(pool, { chunkSeconds: chunk, compressAfterSeconds: compressAfter, ...conversionOf(ctx, options) }),
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
