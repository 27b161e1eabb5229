import type { Context } from '../../../cli/context.ts';
import type { Row } from '../../../cli/output.ts';
import { counted, grouped } from '../../../cli/text.ts';
import type { ImportSummary } from '../../../ingest/import-datapoints.ts';
import type { Kept } from '../../../ingest/imports/keep.ts';
import { importId, sayHowToUndo } from '../imports/how-to-undo.ts';

/** An import that is done. */
export interface Imported {
  summary: ImportSummary;
  kept: Kept;
  seconds: number;
  /** The file with the rejected lines, if there is one. */
  rejects: string | undefined;
}

/** Prints what was imported from one file. */
export async function reportImport(ctx: Context, imported: Imported): Promise<void> {
  const { rows, notes } = imported.summary;
  if (rows === 0) {
    await ctx.output.nothing(NOTHING, factsOf(imported));
  } else {
    await ctx.output.done(ctx.output.success(sentencesOf(imported)), factsOf(imported));
  }
  await sayNotes(ctx, notes);
  await sayHowToUndo(ctx, imported.kept);
}

const NOTHING = 'Nothing was imported: there are no values below the header.';

/** What was imported, for programs. */
export function factsOf({ summary, seconds, kept }: Imported): Row {
  const { rows, bad, rejections, missing, rounded, shifted, skipped, first, last, notes } = summary;
  return {
    ...{ rows, bad, rejections, missing, rounded, shifted, skipped, first: first ?? null, last: last ?? null },
    ...{ seconds: Number(seconds.toFixed(3)), notes },
    ...importId(kept),
  };
}

/** What was imported, for people. */
export function sentencesOf({ summary, seconds, rejects }: Imported): string {
  const { rows, bad, rejections, first, last } = summary;
  if (rows === 0) {
    return NOTHING;
  }
  const speed = `${grouped(Math.round(rows / seconds))} rows/s`;
  const range = first === undefined ? '' : `, from ${first} to ${last}`;
  const reasons = rejections.map(({ reason, count, example }) => `${grouped(count)} × ${reason}, such as ${example}`);
  const skipped = bad > 0 ? ` ${counted(bad, 'rejected line')} written to ${rejects}: ${reasons.join('; ')}.` : '';
  return `${counted(rows, 'datapoint')} imported in ${seconds.toFixed(2)} s (${speed})${range}.${skipped}`;
}

export async function sayNotes(ctx: Context, notes: readonly string[]): Promise<void> {
  for (const note of notes) {
    await ctx.output.say(`Note: ${note}`);
  }
}
