import type { Context } from '../../../cli/context.ts';
import type { Row } from '../../../cli/output.ts';
import { counted, grouped } from '../../../cli/text.ts';
import { InvalidInputError } from '../../../errors.ts';
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

/**
 * Prints what was imported from one file.
 * @throws InvalidInputError if all lines were rejected
 */
export async function reportImport(ctx: Context, imported: Imported): Promise<void> {
  const { rows, bad, notes } = imported.summary;
  if (rows === 0 && bad > 0) {
    throw new InvalidInputError(
      `Nothing was imported: ${bad === 1 ? 'the only line' : `all ${grouped(bad)} lines`} of the file were rejected.`,
      {
        hint: `They are in ${imported.rejects}. To see what is wrong, import that file without --skip-bad.`,
      },
    );
  }
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
  const { rows, bad, rounded, shifted, skipped, first, last, notes } = summary;
  return {
    ...{ rows, bad, rounded, shifted, skipped, first: first ?? null, last: last ?? null },
    ...{ seconds: Number(seconds.toFixed(3)), notes },
    ...importId(kept),
  };
}

/** What was imported, for people. */
export function sentencesOf({ summary, seconds, rejects }: Imported): string {
  const { rows, bad, first, last } = summary;
  if (rows === 0) {
    return NOTHING;
  }
  const speed = `${grouped(Math.round(rows / seconds))} rows/s`;
  const range = first === undefined ? '' : `, from ${first} to ${last}`;
  const skipped = bad > 0 ? ` ${counted(bad, 'rejected line')} written to ${rejects}.` : '';
  return `${counted(rows, 'datapoint')} imported in ${seconds.toFixed(2)} s (${speed})${range}.${skipped}`;
}

export async function sayNotes(ctx: Context, notes: readonly string[]): Promise<void> {
  for (const note of notes) {
    await ctx.output.say(`Note: ${note}`);
  }
}
