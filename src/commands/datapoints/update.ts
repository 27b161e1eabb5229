import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { type DatapointChange, updateDatapoint } from '../../site/datapoints.ts';
import { EXPERIMENTS } from '../experiments/noun.ts';
import { changeOf, find, rowOf } from '../standard/noun.ts';
import { argumentHelp } from '../standard/show.ts';
import { measurement } from './measurement.ts';
import { DATAPOINTS } from './noun.ts';

export interface UpdateDatapointOptions {
  /** As PostgreSQL reads a double. */
  value?: string;
  /** False for none. */
  experiment?: string | false;
}

export function declareUpdate(parent: Command, ctx: Context): void {
  const command = parent
    .command('update')
    .argument('<datapoint>', argumentHelp(DATAPOINTS))
    .description('correct a value, or file it under another experiment')
    .option('--value <number>', 'the right value; NaN and Infinity are values too', measurement)
    .option('--experiment <experiment>', 'experiment that it belongs to')
    .option('--no-experiment', 'belongs to none')
    .action(async (datapoint: string, options: UpdateDatapointOptions) => await correct(ctx, datapoint, options));
  examples(
    command,
    ['webmacs datapoints update 01a20a65-52cb-7815 --value NaN', 'what was not measured after all'],
    ['webmacs datapoints update 01a20a65-52cb-7815 --experiment "Run 7"'],
  );
}

/** Changes one datapoint and prints it. */
export async function correct(ctx: Context, given: string, options: UpdateDatapointOptions): Promise<void> {
  const { value, experiment } = options;
  const change = changeOf<DatapointChange>(
    {
      value,
      experimentPublicId:
        experiment === false
          ? null
          : experiment === undefined
            ? undefined
            : (await find(ctx, EXPERIMENTS, experiment)).publicId,
    },
    '--value, --experiment or --no-experiment',
  );
  const datapoint = await updateDatapoint(await ctx.em(), await find(ctx, DATAPOINTS, given), change);
  const message = ctx.output.success(`Datapoint ${datapoint.publicId} changed.`);
  await ctx.output.changed(message, await rowOf(ctx, DATAPOINTS, datapoint));
}
