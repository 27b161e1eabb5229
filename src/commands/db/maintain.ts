import type { Pool } from 'pg';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { repeated } from '../../cli/parse.ts';
import { failureCode } from '../../database/failure.ts';
import { type Done, maintain, maintenance, type Step } from '../../database/maintain.ts';
import { ConflictError, LockTimeoutError } from '../../errors.ts';
import { alone } from '../../storage/alone.ts';
import { look, reading } from '../../storage/conversion.ts';
import { AHEAD, canExtend, comingPartitions, extend, namesOf } from '../../storage/extend.ts';
import { hasHourly, planHourly, refreshHourly } from '../../storage/hourly.ts';
import { type LockTimeoutOption, lockTimeoutOption } from './lock.ts';

/** Missing privileges, and a deadlock with what TimescaleDB does by itself. */
const SKIPPED = ['42501', '40P01'];
const COLUMNS = ['table', 'action', 'index', 'reason'];

interface MaintainOptions extends LockTimeoutOption {
  reindex?: boolean;
  table?: string[];
  dryRun?: boolean;
}

export function declareMaintain(parent: Command, ctx: Context): void {
  parent
    .command('maintain')
    .description('VACUUM and ANALYZE the tables that have changed, without blocking other sessions')
    .option('--reindex', 'rebuild every index, including invalid ones (REINDEX CONCURRENTLY)')
    .option('--table <table>', 'only this table; can be repeated', repeated)
    .option('--dry-run', 'print what would be done, without doing it')
    .runs(ctx, runMaintenance)
    .with(lockTimeoutOption)
    .note('Where the datapoints are in partitions by time, the coming ones are added: see "webmacs db storage extend".')
    .examples(
      ['webmacs db maintain', 'after a large prune or import'],
      ['webmacs db maintain --reindex --table datapoints --dry-run'],
    );
}

async function runMaintenance(ctx: Context, options: MaintainOptions): Promise<void> {
  const { pool, tables } = await ctx.database();
  const steps = await maintenance(pool, tables, options.table, options.reindex === true);
  if (options.table?.includes('datapoints') ?? true) {
    await addPartitions(ctx, pool, options);
    await calculateHours(ctx, pool, options);
  }
  const done: Done[] = [];
  if (options.dryRun) {
    for (const step of steps) {
      await ctx.output.say(`Would ${describeStep(step)}.`);
    }
  } else {
    const onStep = async (step: Done) => {
      done.push(step);
      await ctx.output.say(
        step.skipped === null
          ? ctx.output.success(`${describeStep(step)}, in ${step.seconds.toFixed(2)} s.`)
          : `${ctx.output.style.yellow('-')} Skipped ${describeStep(step)}: ${step.skipped}.`,
      );
    };
    const { lockTimeout: lockTimeoutSeconds } = options;
    await ctx.progress('Maintaining tables', async () =>
      maintain(pool, steps, { lockTimeoutSeconds, signal: ctx.signal, onStep }),
    );
  }
  if (ctx.output.structured) {
    const rows = options.dryRun ? steps : done.map((step) => ({ ...step, seconds: Number(step.seconds.toFixed(3)) }));
    return await ctx.output.list(rows, COLUMNS, { all: options.dryRun ? COLUMNS : [...COLUMNS, 'skipped', 'seconds'] });
  }
  if (steps.length === 0) {
    await ctx.output.say('Nothing to do.');
  }
}

/** Adds coming partitions of the datapoints, where there are some by time. */
async function addPartitions(ctx: Context, pool: Pool, { dryRun, lockTimeout }: MaintainOptions): Promise<void> {
  const storage = await look(pool);
  if (!canExtend(storage)) {
    return;
  }
  const settings = { lockTimeoutSeconds: lockTimeout, signal: ctx.signal, onStep: async () => {} };
  const names = dryRun
    ? namesOf(comingPartitions(storage, { ahead: AHEAD, now: ctx.now().getTime() }))
    : await extend(pool, { ahead: AHEAD, ...settings });
  if (names.length > 0) {
    await ctx.output.say(dryRun ? `Would add ${names.join(', ')}.` : ctx.output.success(`Added ${names.join(', ')}.`));
  }
}

/** Calculates the figures of hours that have ended or changed, of a hypertable that has some. */
async function calculateHours(ctx: Context, pool: Pool, { dryRun, lockTimeout }: MaintainOptions): Promise<void> {
  if (!(await reading(pool, hasHourly))) {
    return;
  }
  const settings = { lockTimeoutSeconds: lockTimeout, signal: ctx.signal, onStep: async () => {} };
  try {
    if (dryRun) {
      if ((await reading(pool, planHourly))?.isDue) {
        await ctx.output.say('Would calculate the figures of hours that have ended or changed.');
      }
    } else if (
      await ctx.progress('Calculating hours', async () => alone(pool, settings, () => refreshHourly(pool, settings)))
    ) {
      await ctx.output.say(ctx.output.success('Calculated the figures of hours that have ended or changed.'));
    }
  } catch (error) {
    const isConflict = error instanceof ConflictError;
    if (!isConflict && !(error instanceof LockTimeoutError) && !SKIPPED.includes(failureCode(error) ?? '')) {
      throw error;
    }
    const { message } = error as Error;
    const reason = isConflict && error.hint ? `${message} ${error.hint}` : message;
    await ctx.output.say(
      `${ctx.output.style.yellow('-')} ${dryRun ? 'Would skip' : 'Skipped'} the figures of hours: ${reason}`,
    );
  }
}

function describeStep({ table, action, index, reason }: Step): string {
  return `${action} ${index ?? table} (${reason})`;
}
