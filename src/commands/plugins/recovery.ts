import type { Context } from '../../cli/context.ts';
import { printable } from '../../cli/text.ts';
import type { Recovery } from '../../plugins/recover.ts';

export async function reportRecovery(ctx: Context, recovery: Recovery | undefined): Promise<void> {
  if (!recovery) {
    return;
  }
  const { what, outcome, pythonFailure } = recovery;
  await ctx.output.warn(`An ${printable(what)} was interrupted earlier; it was ${outcome} first.`);
  if (pythonFailure !== undefined) {
    await ctx.output.warn(`Python could not be restored: ${printable(pythonFailure)}`);
  }
}
