import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { parseDuration } from '../../cli/duration.ts';
import { wholeNumberBetween } from '../../cli/parse.ts';
import { counted } from '../../cli/text.ts';
import { shownTime } from '../../cli/time.ts';
import { InvalidInputError } from '../../errors.ts';
import { type Cutoff, cutoffOf, type PrunePlan } from '../../prune/plan.ts';
import { countPrunable, prune } from '../../prune/prune.ts';
import { timezoneOption } from './time-range.ts';

export interface PruneOptions {
  olderThan?: string;
  dryRun?: boolean;
  verbose?: boolean;
  batchSize: number;
  lockTimeout: number;
}

interface Pruned {
  /** The names of one row and of several in messages. */
  one: string;
  many: string;
  /** Which rows are deleted, given the formatted moment of the cutoff: `written before 2026-08-30 05:28 +00:00`. */
  which(before: string): string;
  /** What the deletion means, if the rows may be missed: then it asks for confirmation on a terminal. */
  consequence?: string;
  plan(cutoff: Cutoff): PrunePlan | Promise<PrunePlan>;
}

/** Small enough that other sessions wait only briefly for one of the rows. */
const BATCH_SIZE = 5000;
const MAX_BATCH_SIZE = 100_000;

export const pruneOptions = (olderThan: string) => (command: Command) =>
  command
    .option('--older-than <duration>', olderThan)
    .option('--dry-run', 'show how many would be deleted, and delete nothing')
    .option('--batch-size <n>', 'rows per transaction', wholeNumberBetween(1, MAX_BATCH_SIZE), BATCH_SIZE)
    .duration('--lock-timeout <duration>', 'how long to wait for a locked table', '60s')
    .option('-v, --verbose', 'print the result even if stderr is not a terminal')
    .with((prune) => timezoneOption(prune, { times: 'the printed time' }))
    .note(PRUNE_HELP);

const PRUNE_HELP = `
On a terminal it asks for confirmation, except for expired tokens, unless --yes is given; otherwise, as in cron, it
does not ask, and prints nothing on success. Two prunes of a table never run at once: the second exits with 0. Ctrl-C
stops it after the current batch; the deleted rows stay deleted. Rows that other sessions have locked are skipped.`;

/**
 * Prunes a table and prints the result.
 * @param defaultSeconds the default of `--older-than`; without it the age is required
 */
export async function runPrune(
  ctx: Context,
  { one, many, which, consequence, plan: planOf }: Pruned,
  options: PruneOptions,
  defaultSeconds?: number,
): Promise<void> {
  const seconds = await olderThanSeconds(ctx, options, defaultSeconds);
  const pool = await ctx.pool();
  const cutoff = await cutoffOf(pool, seconds);
  const plan = await planOf(cutoff);
  const { table } = plan;
  // Silent in cron, which would send a mail for every line.
  const silent = !ctx.output.structured && !ctx.streams.stderrIsTerminal && !options.verbose && !options.dryRun;
  const { before } = cutoff;
  const shows = !silent && (!ctx.output.structured || ctx.prompts.canAsk);
  const those = shows ? `, ${which(await shownTime(ctx, before.replace('+00:00', 'Z')))}` : '';
  const factsOf = (deleted: number, remaining: number | null, taken = (performance.now() - started) / 1000) => {
    return { deleted, remaining, seconds: Number(taken.toFixed(3)), before };
  };
  const started = performance.now();
  if (options.dryRun) {
    const count = await ctx.progress(`Counting ${many}`, async () => countPrunable(pool, plan));
    const facts = { table, would_delete: count, ...factsOf(0, count) };
    return await ctx.output.done(`Would delete ${counted(count, one, many)}${those}.`, facts);
  }
  let total: number | undefined;
  if (consequence !== undefined && ctx.prompts.canAsk && !ctx.yes) {
    total = await ctx.progress(`Counting ${many}`, async () => countPrunable(pool, plan));
    const what = counted(total, one, many);
    if (total > 0 && !(await ctx.confirm(`Delete ${what}${those}?`, `This deletes ${what}, ${consequence}.`))) {
      return await ctx.output.done('Nothing was deleted.', { table, ...factsOf(0, total) });
    }
  }
  if (!silent) {
    await ctx.announce();
  }
  const { batchSize, lockTimeout: lockTimeoutSeconds } = options;
  const result = await ctx.progress(`Deleting ${many}`, async (show) => {
    const onBatch = (rows: number) => show({ rows, totalRows: total });
    return await prune(pool, plan, { batchSize, lockTimeoutSeconds, signal: ctx.signal, onBatch });
  });
  if (!result) {
    const facts = { table, ...factsOf(0, null), busy: true };
    return await ctx.output.done(`Another prune of ${many} is running; nothing was deleted.`, facts);
  }
  const { deleted, remaining, dropped } = result;
  if (!silent || remaining > 0) {
    const skipped = remaining === 0 ? '' : ` Skipped ${counted(remaining, one, many)} locked by other sessions.`;
    const partitions = dropped.length === 0 ? '' : `, ${counted(dropped.length, 'partition')} dropped`;
    const message = `${counted(deleted, one, many)} deleted in ${result.seconds.toFixed(2)} s${those}${partitions}.${skipped}`;
    const facts = { table, ...factsOf(deleted, remaining, result.seconds), ...(partitions ? { dropped } : {}) };
    await ctx.output.done(ctx.output.success(message), facts);
  }
}

async function olderThanSeconds(ctx: Context, { olderThan }: PruneOptions, defaultSeconds?: number): Promise<number> {
  if (olderThan === undefined && defaultSeconds !== undefined) {
    return defaultSeconds;
  }
  const given = await ctx.prompts.missing({ olderThan }, { olderThan: AGE });
  return parseAge(given.olderThan);
}

export const AGE = {
  option: '--older-than',
  ask: 'Older than, such as 90d',
  check: parseAge,
};

/** In seconds; refuses minutes and numbers without a unit, which are probably months and days. */
export function parseAge(text: string, option = AGE.option): number {
  const [, count, minutes] = /^(\d+)(m)?$/i.exec(text) ?? [];
  if (count === undefined) {
    return parseDuration(text, option, '90d, 12h or 2w');
  }
  throw new InvalidInputError(`${option}: "${text}" ${minutes ? 'would be minutes, not months' : 'has no unit'}.`, {
    hint: minutes
      ? `For months, use days, such as ${Number(count) * 30}d; for minutes, PT${count}M.`
      : `For days, use ${count}d.`,
  });
}
