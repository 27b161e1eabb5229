import type { Context } from '../../../cli/context.ts';
import type { Kept } from '../../../ingest/imports/keep.ts';

/** Returns the id of an import as facts, or why it cannot be undone. */
export function importId(kept: Kept): { import_id: string | null; undo_problem?: string } {
  return { import_id: null, ...(kept && ('id' in kept ? { import_id: kept.id } : { undo_problem: kept.problem })) };
}

export async function sayHowToUndo(ctx: Context, kept: Kept): Promise<void> {
  if (kept) {
    await ctx.output.say(
      'id' in kept
        ? `Undo it with ${ctx.calledAs} datapoints imports undo ${kept.id}`
        : `It cannot be undone, because no record of it could be kept: ${kept.problem}`,
    );
  }
}
