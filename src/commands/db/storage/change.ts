import type { Pool } from 'pg';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { counted } from '../../../cli/text.ts';
import type { Layout } from '../../../database/layouts/layouts.ts';
import { ConflictError } from '../../../errors.ts';
import { gapsIn } from '../../../storage/advice.ts';
import { type ConversionOptions, look } from '../../../storage/conversion.ts';
import type { Storage } from '../../../storage/storage.ts';
import { type LockTimeoutOption, lockTimeoutOption } from '../lock.ts';

/** The options of all commands that change how datapoints are stored. */
export interface ChangeOptions extends LockTimeoutOption {
  dryRun?: boolean;
  serverAgrees?: boolean;
}

export function changeOptions(command: Command): Command {
  return command
    .option('--dry-run', 'print what would be done, without doing it')
    .option('--server-agrees', 'also if the tables belong to the WebMACS server, whose migrations expect one table')
    .with(lockTimeoutOption);
}

/**
 * @param on whether the change is one of datapoints on several servers, too
 * @throws ConflictError if it is not, or if the tables belong to the server, and that was not said to agree
 */
export async function poolFor(
  ctx: Context,
  { serverAgrees = false, dryRun = false }: ChangeOptions,
  on: 'one server' | 'several servers' = 'one server',
): Promise<Pool> {
  const { pool, layout, storage } = await ctx.database();
  if (storage === 'distributed' && on === 'one server') {
    throw new ConflictError(
      'The datapoints are on the servers of Citus, where they cannot have partitions or chunks.',
      {
        hint: 'Leave them there, or bring them back to one server first: webmacs db storage plain',
      },
    );
  }
  const refusal = refusalFor(layout);
  if (refusal && !serverAgrees && !dryRun) {
    throw refusal;
  }
  return pool;
}

/** Returns the error of a change without --server-agrees, if the tables belong to the server. */
export function refusalFor({ owner }: Layout): ConflictError | undefined {
  return owner === 'server'
    ? new ConflictError('The tables belong to the WebMACS server, whose migrations expect one table of datapoints.', {
        hint: 'Ask who runs the server; then pass --server-agrees.',
      })
    : undefined;
}

export function conversionOf(ctx: Context, { lockTimeout }: LockTimeoutOption): ConversionOptions {
  const onStep = async (step: string) => await ctx.output.say(`${step.charAt(0).toUpperCase()}${step.slice(1)} …`);
  return { lockTimeoutSeconds: lockTimeout, signal: ctx.signal, onStep };
}

/** Names the times between partitions for which there is none. */
export async function warnOfGaps(ctx: Context, pool: Pool): Promise<void> {
  for (const { text } of gapsIn(await look(pool))) {
    await ctx.output.warn(text);
  }
}

/** Such as `4 partitions`. */
export function formText({ form, leaves }: Storage): string {
  return form === 'partitions'
    ? counted(leaves.length, 'partition')
    : form === 'plain'
      ? 'one table'
      : form === 'hypertable'
        ? `a hypertable of ${counted(leaves.length, 'chunk')}`
        : `another form (${form})`;
}
