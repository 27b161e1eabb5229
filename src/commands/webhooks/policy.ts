import { setTimeout } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { Context } from '../../cli/context.ts';
import { wholeNumber } from '../../cli/parse.ts';
import { parseDuration } from '../../cli/time.ts';
import { InvalidInputError } from '../../errors.ts';
import type { Policy } from '../../webhooks/deliver.ts';

/** How deliveries are made. */
export interface PolicyOptions {
  retries: number;
  timeout: string;
  insecure?: boolean;
}

/** As many at once. */
export const AT_ONCE = 10;

/** Declares the options that say how deliveries are made. */
export function policyOptions(command: Command): Command {
  return command
    .option('--retries <n>', 'attempts after the first, after 2 s, 4 s, 8 s and so on', retries, 2)
    .option('--timeout <time>', 'how long one attempt may take', '10s')
    .option('--insecure', 'take a certificate that cannot be trusted');
}

/**
 * How to deliver, as the options say.
 * @throws InvalidInputError
 */
export async function policyOf(ctx: Context, options: PolicyOptions): Promise<Policy> {
  const insecure = options.insecure === true;
  if (insecure) {
    await ctx.output.warn(
      '--insecure: no certificate is checked. Whoever is between here and the receiver can read and answer.',
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

function timeoutSeconds(text: string): number {
  const seconds = parseDuration(text, '--timeout');
  if (seconds < 1 || seconds > 3600) {
    throw new InvalidInputError(`--timeout: "${text}" is not between one second and one hour.`);
  }
  return seconds;
}

function retries(text: string): number {
  const count = wholeNumber(text);
  if (count > 10) {
    // The pause before the last one would be half an hour.
    throw new InvalidArgumentError('It must be 10 at most.');
  }
  return count;
}
