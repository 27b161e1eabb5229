import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { updateDatapoint } from '../../site/datapoints.ts';
import { EXPERIMENTS } from '../experiments/noun.ts';
import { find } from '../standard/noun.ts';
import { declareUpdate } from '../standard/update.ts';
import { measurement } from './measurement.ts';
import { DATAPOINTS } from './noun.ts';

export interface UpdateDatapointOptions {
  /** As PostgreSQL reads a double. */
  value?: string;
  /** False for none. */
  experiment?: string | false;
}

export function declareDatapointUpdate(parent: Command, ctx: Context): void {
  declareUpdate(parent, ctx, DATAPOINTS, {
    description: 'correct a value, or file it under another experiment',
    declareOptions: (command) =>
      command
        .option('--value <number>', 'the right value; NaN and Infinity are values too', measurement)
        .option('--experiment <experiment>', 'experiment that it belongs to')
        .option('--no-experiment', 'belongs to none'),
    examples: [
      ['webmacs datapoints update 01a20a65-52cb-7815 --value NaN', 'what was not measured after all'],
      ['webmacs datapoints update 01a20a65-52cb-7815 --experiment "Run 7"'],
    ],
    values: async ({ value, experiment }: UpdateDatapointOptions) => ({
      value,
      experimentPublicId:
        experiment === false
          ? null
          : experiment === undefined
            ? undefined
            : (await find(ctx, EXPERIMENTS, experiment)).publicId,
    }),
    given: '--value, --experiment or --no-experiment',
    update: updateDatapoint,
  });
}
