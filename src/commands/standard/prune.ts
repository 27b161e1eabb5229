import { type Command, InvalidArgumentError } from 'commander';
import type { Context } from '../../cli/context.ts';
import { wholeNumber } from '../../cli/parse.ts';
import { counted } from '../../cli/text.ts';
import { parseDuration } from '../../cli/time.ts';
import { type Cutoff, cutoffOf, type PrunePlan } from '../../prune/plan.ts';
import { countPrunable, type PruneResult, prune } from '../../prune/prune.ts';

/** What every prune takes. */
export interface PruneOptions {
  olderThan?: string;
  dryRun?: boolean;
  verbose?: boolean;
  batchSize: number;
  lockTimeout: number;
}

/** What is pruned, in words, and which of it. */
export interface Pruned {
  one: string;
  many: string;
  /** What the deletion means, where somebody may miss the rows: then a person at a terminal is asked. */
  consequence?: string;
  plan(cutoff: Cutoff): PrunePlan | Promise<PrunePlan>;
}

/** Small enough that nobody who needs one of the rows waits for longer than a moment. */
const BATCH_SIZE = 5000;
const MAX_BATCH_SIZE = 100_000;

/** Adds the options of every prune. */
export function pruneOptions(command: Command, olderThan: string): Command {
  return command
    .option('--older-than <duration>', olderThan)
    .option('--dry-run', 'count them, and delete nothing')
    .option('--batch-size <n>', 'rows a transaction', batchSize, BATCH_SIZE)
    .option('--lock-timeout <seconds>', 'how long to wait for somebody who has locked the table', wholeNumber, 60)
    .option('-v, --verbose', 'say what was done without a terminal, too')
    .addHelpText('after', PRUNE_HELP);
}

const PRUNE_HELP = `
On a terminal it asks before it deletes what is of value, unless --yes is given; without one, as in cron, nothing is
asked and nothing said when all is well. Two prunes of a table never run at once: the second ends with 0. Ctrl-C ends
it after the batch that is running; what is gone by then stays gone. Rows that other sessions hold are left.`;

/**
 * Prunes a table and says what came of it.
 * @param defaultSeconds the age where `--older-than` is left out; without it that is asked for
 */
export async function runPrune(
  ctx: Context,
  { one, many, consequence, plan: planOf }: Pruned,
  options: PruneOptions,
  defaultSeconds?: number,
): Promise<void> {
  const seconds = await olderThanSeconds(ctx, options, defaultSeconds);
  const pool = await ctx.pool();
  const plan = await planOf(await cutoffOf(pool, seconds));
  const { table } = plan;
  const started = performance.now();
  if (options.dryRun) {
    const count = await countPrunable(pool, plan);
    const facts = { table, would_delete: count, ...factsOf({ deleted: 0, remaining: count, seconds: since(started) }) };
    return await ctx.output.done(`Would delete ${counted(count, one, many)}.`, facts);
  }
  let total: number | undefined;
  if (consequence !== undefined && ctx.prompts.canAsk && !ctx.yes) {
    total = await countPrunable(pool, plan);
    const what = counted(total, one, many);
    if (total > 0 && !(await ctx.prompts.confirm(`Delete ${what}?`, `This deletes ${what}, ${consequence}.`))) {
      const facts = { table, ...factsOf({ deleted: 0, remaining: total, seconds: since(started) }) };
      return await ctx.output.done('Nothing was deleted.', facts);
    }
  }
  const bar = ctx.progress();
  const { batchSize, lockTimeout: lockTimeoutSeconds } = options;
  const onBatch = (rows: number) => bar.update({ rows, ...(total === undefined ? {} : { totalRows: total }) });
  const result = await prune(pool, plan, { batchSize, lockTimeoutSeconds, signal: ctx.signal, onBatch }).finally(() =>
    bar.clear(),
  );
  if (!result) {
    return await ctx.output.done(`Another prune of ${many} is running; nothing was deleted.`, {
      table,
      ...factsOf({ deleted: 0, remaining: null, seconds: since(started) }),
      busy: true,
    });
  }
  await report(ctx, { one, many, table }, result, options);
}

async function report(
  ctx: Context,
  { one, many, table }: { one: string; many: string; table: string },
  result: PruneResult,
  { verbose = false }: PruneOptions,
): Promise<void> {
  const { deleted, remaining, seconds } = result;
  const left =
    remaining === 0
      ? ''
      : ` ${counted(remaining, one, many)} held by other sessions ${remaining === 1 ? 'is' : 'are'} left.`;
  const message = ctx.output.success(`${counted(deleted, one, many)} deleted in ${seconds.toFixed(2)} s.${left}`);
  // Without a terminal, cron would send a mail for every line.
  if (ctx.output.structured || ctx.streams.stderrIsTerminal || verbose || remaining > 0) {
    await ctx.output.done(message, { table, ...factsOf(result) });
  }
}

async function olderThanSeconds(ctx: Context, { olderThan }: PruneOptions, defaultSeconds?: number): Promise<number> {
  if (olderThan === undefined && defaultSeconds !== undefined) {
    return defaultSeconds;
  }
  const given = await ctx.prompts.missing({ olderThan }, { olderThan: AGE });
  return parseDuration(given.olderThan, AGE.option);
}

const AGE = {
  option: '--older-than',
  ask: 'Older than, such as 90d',
  check: (text: string) => parseDuration(text, '--older-than'),
};

function factsOf(result: { deleted: number; remaining: number | null; seconds: number }) {
  const { deleted, remaining, seconds } = result;
  return { deleted, remaining, seconds: Number(seconds.toFixed(3)) };
}

function since(started: number): number {
  return (performance.now() - started) / 1000;
}

function batchSize(text: string): number {
  const size = wholeNumber(text);
  if (size < 1 || size > MAX_BATCH_SIZE) {
    throw new InvalidArgumentError(`It must be 1 to ${MAX_BATCH_SIZE}.`);
  }
  return size;
}
