import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { updateDatapoint } from '../../domain/datapoints.ts';
import { EXPERIMENTS } from '../experiments/noun.ts';
import { findPublicId } from '../standard/noun.ts';
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
    description: 'correct a value, or assign it to another experiment',
    declareOptions: (command) =>
      command
        .option('--value <number>', 'correct value; NaN and Infinity are allowed', measurement)
        .option('--experiment <experiment>', 'experiment that it belongs to')
        .option('--no-experiment', 'belongs to no experiment'),
    examples: [
      ['webmacs datapoints update 01a20a65-52cb-7815 --value NaN', 'for an invalid measurement'],
      ['webmacs datapoints update 01a20a65-52cb-7815 --experiment "Run 7"'],
    ],
    values: async ({ value, experiment }: UpdateDatapointOptions) => ({
      value,
      experimentPublicId: experiment === false ? null : await findPublicId(ctx, EXPERIMENTS, experiment),
    }),
    given: '--value, --experiment or --no-experiment',
    update: updateDatapoint,
  });
}
