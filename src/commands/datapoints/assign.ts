import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { repeated } from '../../cli/parse.ts';
import { counted, quoted } from '../../cli/text.ts';
import { assignDatapoints, countAssignable, type Selection } from '../../domain/datapoints.ts';
import { InvalidInputError } from '../../errors.ts';
import { defined } from '../../text/defined.ts';
import { EXPERIMENTS } from '../experiments/noun.ts';
import { rowQuestion } from '../standard/choices.ts';
import { find } from '../standard/noun.ts';
import { shownRange, timeRangeOptions } from '../standard/time-range.ts';
import { type SelectionOptions, selectionOf } from './noun.ts';

interface AssignOptions extends SelectionOptions {
  reassign?: boolean;
  dryRun?: boolean;
}

export function declareAssign(parent: Command, ctx: Context): void {
  parent
    .command('assign')
    .description('assign datapoints without an experiment to one')
    .option('--experiment <experiment>', 'experiment to assign them to')
    .option('--event <event>', 'only this event; can be repeated', repeated)
    .with(timeRangeOptions)
    .option('--reassign', 'also those that belong to another experiment')
    .option('--dry-run', 'show how many would be assigned, and change nothing')
    .runs(ctx, assign)
    .examples(
      ['webmacs datapoints assign --experiment "Run 7" --from "2026-11-25 16:00" --to "2026-11-25 18:00"'],
      ['webmacs datapoints assign --experiment "Run 7" --event Valve --event "Air flow" --from yesterday --dry-run'],
    );
}

async function assign(ctx: Context, { experiment: given, reassign = false, ...options }: AssignOptions): Promise<void> {
  const selection = await selectionOf(ctx, options);
  if (Object.keys(selection).length === 0) {
    throw new InvalidInputError('Pass --event, --from or --to: it never assigns all datapoints.', {
      hint: 'Use --from and --to for the time of the experiment.',
    });
  }
  const { experiment: name } = await ctx.prompts.missing(
    { experiment: given },
    { experiment: rowQuestion(ctx, EXPERIMENTS, '--experiment', 'Experiment') },
  );
  const experiment = await find(ctx, EXPERIMENTS, name);
  const to = `${await shownRange(ctx, selection)} to experiment ${quoted(experiment.name)}`;
  const facts = factsOf(selection, experiment.publicId);
  const em = await ctx.em();
  if (options.dryRun || !ctx.yes) {
    const { assigned, others } = await ctx.progress('Counting datapoints', async () =>
      countAssignable(em, selection, experiment.publicId, reassign),
    );
    const what = `${counted(assigned, 'datapoint')}${to}`;
    if (options.dryRun) {
      const message = `Would assign ${what}.${leftAlone(others)}`;
      return await ctx.output.done(message, { would_assign: assigned, ...facts(others) });
    }
    if (!(await ctx.confirm(`Assign ${what}?`, `This assigns ${what}.${leftAlone(others)}`))) {
      return await ctx.output.done('Nothing was assigned.', { assigned: 0, ...facts(others) });
    }
  }
  await ctx.announce();
  const { assigned, others } = await ctx.progress('Assigning datapoints', async () =>
    assignDatapoints(em, selection, experiment.publicId, reassign),
  );
  if (assigned === 0) {
    const message = `Nothing was assigned${to}: no datapoints without an experiment match.${leftAlone(others)}`;
    return await ctx.output.nothing(message, { assigned, ...facts(others) });
  }
  const message = `${counted(assigned, 'datapoint')} assigned${to}.${leftAlone(others)}`;
  await ctx.output.done(ctx.output.success(message), { assigned, ...facts(others) });
}

const factsOf =
  ({ from, to }: Selection, experimentPublicId: string) =>
  (others: number) => ({
    other_experiments: others,
    experiment_public_id: experimentPublicId,
    ...defined({ from, to }),
  });

/** Describes the datapoints that belong to another experiment and are not assigned. */
function leftAlone(others: number): string {
  const belong = others === 1 ? 'belongs to another experiment and stays' : 'belong to other experiments and stay';
  return others === 0 ? '' : ` ${counted(others, 'datapoint')} ${belong} there; --reassign moves them too.`;
}
