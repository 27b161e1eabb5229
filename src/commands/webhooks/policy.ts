import { setTimeout } from 'node:timers/promises';
import { InvalidArgumentError } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { wholeNumber } from '../../cli/parse.ts';
import { InvalidInputError } from '../../errors.ts';
import type { Policy } from '../../webhooks/deliver.ts';

export interface PolicyOptions {
  retries: number;
  /** In seconds. */
  timeout: number;
  insecure?: boolean;
}

/** Deliveries at a time. */
export const CONCURRENCY = 10;

export function policyOptions(command: Command): Command {
  return command
    .option('--retries <n>', 'attempts after the first, with pauses of 2 s, 4 s, 8 s and so on', retries, 2)
    .duration('--timeout <duration>', 'maximum duration of one attempt', '10s')
    .option('--insecure', 'do not verify certificates');
}

/**
 * Returns the policy that the options define.
 * @throws InvalidInputError
 */
export async function policyOf(ctx: Context, options: PolicyOptions): Promise<Policy> {
  const insecure = options.insecure === true;
  if (insecure) {
    await ctx.output.warn(
      '--insecure: certificates are not verified. An attacker on the network can read and answer deliveries.',
    );
  }
  return {
    retries: options.retries,
    timeoutSeconds: timeoutSeconds(options.timeout),
    insecure,
    environment: ctx.environment,
    signal: ctx.signal,
    now: ctx.now,
    pause: async (seconds, signal) => await setTimeout(seconds * 1000, undefined, { signal }),
  };
}

function timeoutSeconds(seconds: number): number {
  if (seconds < 1 || seconds > 3600) {
    throw new InvalidInputError(`--timeout: ${seconds}s is not between one second and one hour.`);
  }
  return seconds;
}

function retries(text: string): number {
  const count = wholeNumber(text);
  if (count > 10) {
    // The pause before the last one would be half an hour.
    throw new InvalidArgumentError('The maximum is 10.');
  }
  return count;
}
