import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { wholeNumber } from '../../cli/parse.ts';
import { counted, fileSize, grouped } from '../../cli/text.ts';
import { idUse } from '../../database/ids.ts';
import { CheckFailedError, ConflictError } from '../../errors.ts';
import { type Advice, adviceOn } from '../../storage/advice.ts';
import { type ConversionOptions, look, reading } from '../../storage/conversion.ts';
import { AHEAD, comingPartitions, extend, namesOf } from '../../storage/extend.ts';
import { partition, partitionPlan } from '../../storage/partition.ts';
import { PERIODS, type Period } from '../../storage/periods.ts';
import { hasLeftovers, unpartition } from '../../storage/plain.ts';
import { type Storage, storageOf, withRowCounts } from '../../storage/storage.ts';
import { type LockTimeoutOption, lockTimeoutOption } from './lock.ts';

const LEAF_COLUMNS = ['partition', 'from', 'to', 'rows', 'size'];

interface ChangeOptions extends LockTimeoutOption {
  dryRun?: boolean;
  serverAgrees?: boolean;
}

export function declareStorage(parent: Command, ctx: Context): void {
  const storage = parent.command('storage').description('how datapoints are stored: one table, or partitions by time');
  storage
    .command('status')
    .description('show the partitions of the datapoints, and what is to be done')
    .option('--exit-code', 'exit 6 when something is to be done, before datapoints are refused')
    .runs(ctx, status)
    .examples(['webmacs db storage status'], ['webmacs db storage status -q --exit-code', 'in cron']);
  storage
    .command('partition')
    .description('turn the table of datapoints into partitions by time, while it is used; no row moves')
    .choice('--every <period>', 'the time that a partition covers; default month', PERIODS)
    .option('--ahead <n>', 'how many partitions there are to be after the current period', wholeNumber, AHEAD)
    .with(changeOptions)
    .runs(ctx, runPartition)
    .note(PARTITION)
    .examples(['webmacs db storage partition --dry-run'], ['webmacs db storage partition --every week']);
  storage
    .command('extend')
    .description('add the coming partitions')
    .option('--ahead <n>', 'how many there are to be after the current period', wholeNumber, AHEAD)
    .choice('--every <period>', 'the time that a partition covers; default that of the last one', PERIODS)
    .with(changeOptions)
    .runs(ctx, runExtend)
    .examples(['webmacs db storage extend'], ['webmacs db storage extend --ahead 12 -q', 'in cron']);
  storage
    .command('plain')
    .description(
      'turn partitions into one table again, where one of them has all the rows; undo an interrupted conversion',
    )
    .with(changeOptions)
    .runs(ctx, runPlain)
    .examples(['webmacs db storage plain']);
}

const PARTITION = `
Old datapoints in partitions are pruned in a second, and their disk space is free at once. The table of today becomes the first
partition, for all times until the end of the next period; an exclusive lock is held for a moment only. After an interruption, run
it again: it continues; or undo it with "webmacs db storage plain". Run "webmacs db storage extend" by cron: a datapoint after the
last partition is refused.
`;

function changeOptions(command: Command): Command {
  return command
    .option('--dry-run', 'print what would be done, without doing it')
    .option('--server-agrees', 'also if the tables belong to the WebMACS server, whose migrations expect one table')
    .with(lockTimeoutOption);
}

async function status(ctx: Context, { exitCode = false }: { exitCode?: boolean }): Promise<void> {
  const { pool, em } = await ctx.database();
  const [storage, unfinished] = await ctx.progress(
    'Reading',
    async () =>
      [
        await reading(pool, async (client) => withRowCounts(client, await storageOf(client))),
        await hasLeftovers(pool),
      ] as const,
  );
  const [ids] = await idUse(em, ['datapoints']);
  const facts = { idsUsed: ids?.percent ?? null, unfinished, now: ctx.now().getTime() };
  const advice = adviceOn(storage, facts);
  const leaves = storage.leaves.map(({ leaf, from, to, isDefault, rows, bytes }) => ({
    partition: leaf.name,
    from,
    to,
    default: isDefault,
    rows,
    size_bytes: bytes,
  }));
  const row = {
    form: storage.form,
    key: storage.key,
    period: storage.period ?? null,
    id_type: storage.idType,
    ids_used_percent: facts.idsUsed,
    rows: leaves.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
    size_bytes: leaves.reduce((sum, leaf) => sum + leaf.size_bytes, 0),
  };
  if (ctx.output.structured) {
    await ctx.output.one({ ...row, leaves, advice });
  } else {
    const { rows, size_bytes: bytes, ...rest } = row;
    await ctx.output.one(
      ctx.output.forPeople ? { ...rest, rows: `about ${grouped(rows)}`, size: fileSize(bytes) } : row,
    );
    if (storage.form !== 'plain') {
      const shown = ctx.output.forPeople
        ? leaves.map((leaf) => ({ ...leaf, size: fileSize(leaf.size_bytes) }))
        : leaves.map((leaf) => ({ ...leaf, size: leaf.size_bytes }));
      await ctx.output.list(shown, LEAF_COLUMNS);
    }
  }
  for (const { due, text, command } of advice) {
    await (due ? ctx.output.warn : ctx.output.say).call(ctx.output, describe(text, command));
  }
  if (exitCode && advice.some(({ due }) => due)) {
    throw new CheckFailedError('The storage of the datapoints needs attention.', { hint: hintOf(advice) });
  }
}

function describe(text: string, command: string | null): string {
  return command === null ? text : `${text} Run: ${command}`;
}

function hintOf(advice: readonly Advice[]): string | undefined {
  const command = advice.find(({ due }) => due)?.command;
  return command ? `Run: ${command}` : undefined;
}

async function runPartition(
  ctx: Context,
  { every = 'month', ahead, ...options }: ChangeOptions & { every?: Period; ahead: number },
): Promise<void> {
  const pool = await poolFor(ctx, options);
  const before = await look(pool);
  if (before.form !== 'plain' && !(await hasLeftovers(pool))) {
    return await ctx.output.done(`Nothing to do: the datapoints are stored in ${formText(before)}.`, {
      changed: false,
      form: before.form,
    });
  }
  if (options.dryRun) {
    const { upper } = await partitionPlan(pool, every);
    const what = `Would make the table the first partition, for all times before ${upper}, and add ${counted(ahead, 'partition')} of a ${every}.`;
    return await ctx.output.done(what, { changed: false, form: before.form, upper });
  }
  const { storage } = await ctx.progress('Partitioning', async () =>
    partition(pool, { period: every, ahead, ...conversionOf(ctx, options) }),
  );
  await ctx.output.done(ctx.output.success(`The datapoints are stored in ${formText(storage)}.`), {
    changed: true,
    form: storage.form,
  });
}

async function runExtend(
  ctx: Context,
  { every, ahead, ...options }: ChangeOptions & { every?: Period; ahead: number },
): Promise<void> {
  const pool = await poolFor(ctx, options);
  if (options.dryRun) {
    const names = namesOf(comingPartitions(await look(pool), { ahead, period: every }));
    return await ctx.output.done(`Would add ${namedText(names)}.`, { would_add: names });
  }
  const added = await ctx.progress('Adding partitions', async () =>
    extend(pool, { ahead, period: every, ...conversionOf(ctx, options) }),
  );
  const message = added.length === 0 ? 'Nothing to add.' : ctx.output.success(`Added ${namedText(added)}.`);
  await ctx.output.done(message, { added });
}

async function runPlain(ctx: Context, options: ChangeOptions): Promise<void> {
  const pool = await poolFor(ctx, options);
  const before = await look(pool);
  if (options.dryRun) {
    const what =
      before.form === 'plain'
        ? 'remove what an interrupted conversion has left'
        : 'make the only partition with rows the table';
    return await ctx.output.done(`Would ${what}.`, { changed: false, form: before.form });
  }
  const changed = await ctx.progress('Converting', async () => unpartition(pool, conversionOf(ctx, options)));
  const message = changed ? ctx.output.success('The datapoints are stored in one table.') : 'Nothing to do.';
  await ctx.output.done(message, { changed, form: 'plain' });
}

/** @throws ConflictError if the tables belong to the server, and that was not said to agree */
async function poolFor(ctx: Context, { serverAgrees = false, dryRun = false }: ChangeOptions) {
  const { pool, layout } = await ctx.database();
  if (layout.owner === 'server' && !serverAgrees && !dryRun) {
    throw new ConflictError(
      'The tables belong to the WebMACS server, whose migrations expect one table of datapoints.',
      {
        hint: 'Ask who runs the server; then pass --server-agrees.',
      },
    );
  }
  return pool;
}

function conversionOf(ctx: Context, { lockTimeout }: LockTimeoutOption): ConversionOptions {
  const onStep = async (step: string) => await ctx.output.say(`${step.charAt(0).toUpperCase()}${step.slice(1)} …`);
  return { lockTimeoutSeconds: lockTimeout, signal: ctx.signal, onStep };
}

function formText({ form, leaves }: Storage): string {
  return form === 'partitions'
    ? counted(leaves.length, 'partition')
    : form === 'plain'
      ? 'one table'
      : `another form (${form})`;
}

function namedText(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : `${counted(names.length, 'partition')}: ${names.join(', ')}`;
}
