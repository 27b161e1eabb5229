import type { Context } from '../../cli/context.ts';
import { printable } from '../../cli/text.ts';
import type { Recovery } from '../../plugins/recover.ts';

/** Says what was found to be interrupted, and what became of it. */
export async function tellRecovery(ctx: Context, recovery: Recovery | undefined): Promise<void> {
  if (!recovery) {
    return;
  }
  const { what, outcome, pythonFailure } = recovery;
  await ctx.output.warn(`An ${printable(what)} had been interrupted; it was ${outcome} first.`);
  if (pythonFailure !== undefined) {
    await ctx.output.warn(`Its Python could not be put back: ${printable(pythonFailure)}`);
  }
}
