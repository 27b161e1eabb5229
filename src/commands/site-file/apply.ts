import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { CheckFailedError } from '../../errors.ts';
import { applySite } from '../../site-file/apply.ts';
import type { Change } from '../../site-file/change.ts';
import { planOf, withConsequences } from '../../site-file/plan.ts';
import { countPlan, describePlan } from '../../site-file/plan-facts.ts';
import { Secrets } from '../../site-file/secrets.ts';
import { lockTimeoutOption } from '../db/lock.ts';
import { type PlanGiven, planOptions, siteOf } from './options.ts';
import { planLines, planSummary, planText } from './plan-text.ts';

interface ApplyGiven extends PlanGiven {
  dryRun?: boolean;
  exitCode?: boolean;
  /** In seconds. */
  lockTimeout: number;
}

export function declareApply(command: Command, ctx: Context): void {
  command
    .with(planOptions)
    .option('--dry-run', 'show the plan, and change nothing')
    .option('--exit-code', 'with --dry-run, exit 6 if there is a difference')
    .with(lockTimeoutOption)
    .runs(ctx, apply)
    .note(NOTE)
    .examples(
      ['webmacs apply -f site.yaml', 'shows the plan, and asks'],
      ['webmacs apply -f site.yaml --yes', 'in a script'],
      ['webmacs apply -f site/ --prune --dry-run', 'what would be deleted'],
      ['webmacs dump --only rules | sed s/850/900/ | webmacs apply -f -'],
    );
}

const NOTE = `
All changes are made in one transaction, under a lock: all of them, or none. Applied twice, a file changes nothing the second time.
Without a terminal, only a plan that deletes rows needs --yes.`;

export function declareDiff(command: Command, ctx: Context): void {
  command
    .with(planOptions)
    .option('--exit-code', 'exit 6 if there is a difference, which is always so')
    .runs(ctx, async (_ctx, options: PlanGiven) => {
      await showPlan(ctx, await plan(ctx, options), true);
    })
    .examples(
      ['webmacs diff -f site.yaml', 'exits 6 if the database is not as declared'],
      ['webmacs diff -f site.yaml --prune --json'],
      ['webmacs diff -f site.yaml --quiet', 'from cron: prints only if there is a difference'],
    );
}

async function plan(ctx: Context, options: PlanGiven) {
  const site = await siteOf(ctx, options);
  const database = await ctx.database();
  const secrets = new Secrets(ctx.environment, ctx.signal);
  const owner = ctx.configuration.get('as')?.value;
  const settings = { prune: options.prune === true, only: options.only && new Set(options.only), owner, secrets };
  const changes = await withConsequences(database.em, await planOf(database.em, site, settings));
  return { site, database, settings, changes };
}

type Planned = Awaited<ReturnType<typeof plan>>;

/** @throws CheckFailedError if there is a difference, and that is to be told by the exit code */
async function showPlan(ctx: Context, { changes }: Planned, exitCode: boolean): Promise<void> {
  const { output } = ctx;
  if (output.structured) {
    await output.one({ ...factsOf(changes), applied: false });
  } else if (isEmpty(changes) && describePlan(changes).length === 0) {
    await output.say(planSummary(changes));
  } else {
    await output.text(planText(changes, output.style, widthOf(ctx, ctx.streams.stdoutIsTerminal)));
  }
  if (exitCode && !isEmpty(changes)) {
    throw new CheckFailedError('The database is not as declared.');
  }
}

async function apply(ctx: Context, options: ApplyGiven): Promise<void> {
  const planned = await plan(ctx, options);
  if (options.dryRun) {
    return await showPlan(ctx, planned, options.exitCode === true);
  }
  const { output } = ctx;
  const { changes, site, database, settings } = planned;
  const width = widthOf(ctx, ctx.streams.stderrIsTerminal);
  const text = planText(changes, output.style, width).trimEnd();
  if (!isEmpty(changes)) {
    const deletes = changes.some(({ action }) => action === 'delete');
    const isAsked = !ctx.yes && (ctx.prompts.canAsk || deletes);
    // The question comes with the counts.
    await output.say(isAsked ? `${planLines(changes, output.style, width)}\n` : text);
    if (isAsked) {
      if (!(await ctx.prompts.confirm('Apply this plan?', planSummary(changes)))) {
        return await output.done('Nothing was changed.', { ...factsOf(changes), applied: false });
      }
    }
    const { lockTimeout: lockTimeoutSeconds } = options;
    await applySite(database, site, changes, { ...settings, lockTimeoutSeconds, signal: ctx.signal });
  }
  await output.done(isEmpty(changes) ? text : output.success('Applied.'), {
    ...factsOf(changes),
    applied: !isEmpty(changes),
  });
}

function widthOf({ streams }: Context, isTerminal: boolean): number {
  return isTerminal ? streams.columns() : Number.POSITIVE_INFINITY;
}

function isEmpty(changes: readonly Change[]): boolean {
  return changes.every(({ action }) => action === 'keep');
}

function factsOf(changes: readonly Change[]) {
  return { changes: describePlan(changes), counts: { ...countPlan(changes) } };
}
