import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { counted, fileSize } from '../../../cli/text.ts';
import { InvalidInputError } from '../../../errors.ts';
import { cutoffOf, oldDatapoints } from '../../../prune/plan.ts';
import { countPrunable } from '../../../prune/prune.ts';
import { hasLeftovers } from '../../../storage/plain.ts';
import type { PolicyWish } from '../../../storage/policies.ts';
import { chunksFor, expectConvertible, makeHypertable } from '../../../storage/timescale.ts';
import { parseAge } from '../../standard/prune.ts';
import { type ChangeOptions, changeOptions, conversionOf, formText, poolFor } from './change.ts';

interface TimescaleOptions extends ChangeOptions, PolicyWish {
  chunk?: number;
  hourly?: boolean;
}

export function declareTimescale(storage: Command, ctx: Context): void {
  storage
    .command('timescale')
    .description('turn the table of datapoints into a TimescaleDB hypertable, while it is used')
    .duration('--chunk <duration>', 'the time that a new chunk covers, 1h at least; default 7d')
    .option(
      '--compress-after <age>',
      'compress chunks of that age, such as 30d, or "never"',
      ageOrNever('--compress-after'),
    )
    .option(
      '--drop-after <age>',
      'delete chunks of that age, such as 730d, those of experiments too, or "never"',
      ageOrNever('--drop-after'),
    )
    .option(
      '--hourly',
      'keep the figures of each hour, for "datapoints stats" and --every; again: calculate all of them anew',
      hourlyOrNot(true),
    )
    .option('--no-hourly', 'drop those figures', hourlyOrNot(false))
    .with(changeOptions)
    .runs(ctx, runTimescale)
    .note(TIMESCALE)
    .examples(
      ['webmacs db storage timescale --dry-run'],
      ['webmacs db storage timescale --chunk 7d --compress-after 30d'],
      ['webmacs db storage timescale --drop-after 730d --yes'],
      ['webmacs db storage timescale --chunk 1d', 'shorter chunks from now on'],
      ['webmacs db storage timescale --hourly', 'faster figures, which "webmacs db maintain" keeps up to date'],
    );
}

const TIMESCALE = `
Needs the extension on the server, in shared_preload_libraries; only a superuser can create it. Old chunks are pruned in a second, and
compressed ones take about a fifth of the disk. The rows are copied into chunks in batches, a trigger makes each change in the copy,
too, and the copy becomes the table under a short exclusive lock, once all rows were compared. It needs as much disk space
again until then, and waits for transactions that are older than the copy, such as those of exports. After an interruption, run it
again: it continues. "webmacs db storage partition" does not copy rows, and needs no extension.

With --drop-after, TimescaleDB deletes datapoints by itself, day after day, whether they belong to an experiment or not; it asks first,
unless --yes is given. "webmacs datapoints prune --keep-experiments" keeps those. It compresses and drops whole chunks, once their end
is that old.

With --hourly, a continuous aggregate has the figures of each hour. It is used only for hours that have certainly not changed since;
others are read from the datapoints. "webmacs db maintain" adds hours that have ended, and calculates those that have changed. A session
that turns off TimescaleDB, or its record of changes (timescaledb.skip_cagg_invalidation, disable_load, restoring), makes figures wrong
that have been calculated: afterwards, pass --hourly again. It needs TimescaleDB 2.28, and sets up compression, as MERGE would
otherwise leave no record; TimescaleDB then refuses MERGE.
`;

function ageOrNever(option: string): (text: string) => number | 'never' {
  return (text) => {
    const age = text === 'never' ? text : parseAge(text, option);
    if (age === 0) {
      throw new InvalidInputError(`${option}: the age must not be 0.`, { hint: 'Use one such as 90d, or never.' });
    }
    return age;
  };
}

function hourlyOrNot(wish: boolean): (text: string, given?: boolean) => boolean {
  return (_, given) => {
    if (given === !wish) {
      throw new InvalidInputError('--hourly and --no-hourly cannot both be met.', { hint: 'Leave out one of them.' });
    }
    return wish;
  };
}

/** Each chunk is a table with indexes: with many of them, each statement takes longer. */
const LEAST_CHUNK_SECONDS = 3600;

async function runTimescale(
  ctx: Context,
  { chunk, compressAfter, dropAfter, hourly, ...options }: TimescaleOptions,
): Promise<void> {
  if (chunk !== undefined && chunk < LEAST_CHUNK_SECONDS) {
    throw new InvalidInputError('--chunk: a chunk must cover at least 1 h.', { hint: 'Use one such as 7d or 1d.' });
  }
  const pool = await poolFor(ctx, options);
  const before = await expectConvertible(pool, hourly);
  const isHypertable = before.form === 'hypertable';
  const left = isHypertable && (await hasLeftovers(pool));
  const wishes = [compressAfter, dropAfter, hourly].filter((wish) => wish !== undefined).length;
  if (isHypertable && chunk === undefined && wishes === 0 && !left) {
    return await ctx.output.done(`Nothing to do: the datapoints are stored in ${formText(before)}.`, {
      changed: false,
      form: before.form,
    });
  }
  const bytes = isHypertable ? 0 : before.leaves.reduce((sum, leaf) => sum + leaf.bytes, 0);
  if (options.dryRun) {
    const what = isHypertable
      ? `${left ? 'remove what an interrupted conversion has left, and ' : ''}change the settings of the hypertable.`
      : `copy all rows into ${counted(await chunksFor(pool, chunk), 'chunk')} at most, while they are used. Until it is done, it needs about ${fileSize(bytes)} of disk space more.`;
    return await ctx.output.done(`Would ${what}`, { changed: false, form: before.form, needs_bytes: bytes });
  }
  if (typeof dropAfter === 'number' && !ctx.yes) {
    const plan = oldDatapoints(await cutoffOf(pool, dropAfter));
    const count = await ctx.progress('Counting datapoints', async () => countPrunable(pool, plan));
    const what = `TimescaleDB then deletes old datapoints by itself, also those of experiments: ${counted(count, 'datapoint')} at once.`;
    if (!(await ctx.confirm('Let it delete them?', what))) {
      return await ctx.output.done('Nothing was changed.', { changed: false, form: before.form });
    }
  }
  if (!isHypertable) {
    await ctx.output.say(`The copy of the datapoints needs about ${fileSize(bytes)} of disk space.`);
  }
  const wish = { chunkSeconds: chunk, compressAfter, dropAfter, hourly };
  const { storage, refused } = await ctx.progress('Converting', async (show) =>
    makeHypertable(pool, {
      ...wish,
      onRows: (rows) => show({ rows, totalRows: before.leaves[0]?.rows ?? undefined }),
      ...conversionOf(ctx, options),
    }),
  );
  if (refused.length > 0) {
    await ctx.output.warn(
      `The TimescaleDB of this server is licensed without these, which were not set: ${refused.join(', ')}.`,
    );
  }
  await ctx.output.done(ctx.output.success(`The datapoints are stored in ${formText(storage)}.`), {
    changed: !isHypertable || chunk !== undefined || wishes > refused.length,
    form: storage.form,
    refused,
  });
}
