import type { Context } from '../../../cli/context.ts';
import type { Row } from '../../../cli/output.ts';
import { counted, grouped, listed, printable, quoted } from '../../../cli/text.ts';
import { NO_UNIT } from '../../../ingest/creation.ts';
import type { ImportSummary } from '../../../ingest/import-datapoints.ts';
import type { Kept } from '../../../ingest/imports/keep.ts';
import { importId, sayHowToUndo } from '../imports/how-to-undo.ts';

export interface Imported {
  summary: ImportSummary;
  kept: Kept;
  seconds: number;
  rejects: string | undefined;
  dryRun: boolean;
}

/** Prints what was imported from one file. */
export async function reportImport(ctx: Context, imported: Imported): Promise<void> {
  const { notes } = imported.summary;
  if (isEmpty(imported)) {
    await ctx.output.nothing(NOTHING, factsOf(imported));
  } else {
    const sentences = sentencesOf(imported);
    await ctx.output.done(imported.dryRun ? sentences : ctx.output.success(sentences), factsOf(imported));
  }
  await sayNotes(ctx, notes);
  await sayHowToUndo(ctx, imported.kept);
}

const NOTHING = 'Nothing was imported: there are no values below the header.';

/** Whether there are no datapoints at all, not even those that were there already. */
export function isEmpty({ summary: { rows, duplicates } }: Imported): boolean {
  return rows + duplicates.skipped === 0;
}

/** What was imported, for programs. */
export function factsOf({ summary, seconds, kept, dryRun }: Imported): Row {
  const { rows, bad, rejections, missing, rounded, shifted, skipped, first, last, duplicates, outOfRange, notes } =
    summary;
  return {
    ...{ rows, bad, rejections, missing, rounded, shifted, skipped, first: first ?? null, last: last ?? null },
    ...{ duplicates, out_of_range: outOfRange, seconds: Number(seconds.toFixed(3)), notes },
    ...createdFacts(summary),
    ...importId(kept),
    ...(dryRun ? { dry_run: true } : {}),
  };
}

/** What an import created besides datapoints, for programs. */
export function createdFacts({ createdEvents, createdExperiment }: ImportSummary): Row {
  return {
    created_events: createdEvents.map(({ name, unit, minValue, maxValue, publicId }) => ({
      ...{ name, unit, min_value: minValue, max_value: maxValue, public_id: publicId },
    })),
    created_experiment: createdExperiment
      ? {
          name: createdExperiment.name,
          started_on: createdExperiment.startedOn,
          stopped_on: createdExperiment.stoppedOn,
          public_id: createdExperiment.publicId,
        }
      : null,
  };
}

/** Says what an import created besides datapoints. */
export function createdSentences({
  summary: { createdEvents, createdExperiment },
  dryRun,
}: Pick<Imported, 'summary' | 'dryRun'>): string[] {
  const created = dryRun ? 'Would create' : 'Created';
  const events = createdEvents.map(
    ({ name, unit, minValue, maxValue }) =>
      `${quoted(name)} (${minValue} to ${maxValue}${unit === NO_UNIT ? '' : ` ${printable(unit)}`})`,
  );
  return [
    ...(events.length > 0 ? [`${created} the event${events.length === 1 ? '' : 's'} ${listed(events)}.`] : []),
    ...(createdExperiment ? [`${created} the experiment ${quoted(createdExperiment.name)}.`] : []),
  ];
}

/** What was imported, for people. */
export function sentencesOf(imported: Imported): string {
  if (isEmpty(imported)) {
    return NOTHING;
  }
  const { summary, rejects, dryRun } = imported;
  const { rows, bad, rejections, duplicates } = summary;
  const { skipped, differing, replaced } = duplicates;
  const reasons = rejections.map(({ reason, count, example }) => `${grouped(count)} × ${reason}, such as ${example}`);
  return [
    importedOf(imported),
    ...createdSentences(imported),
    ...(skipped > 0 && rows > 0 ? [`${counted(skipped, 'duplicate')} left out${differ(differing)}.`] : []),
    ...(replaced > 0
      ? [`${counted(replaced, 'datapoint')} in the database ${dryRun ? 'would be ' : ''}replaced.`]
      : []),
    ...(bad > 0
      ? [`${counted(bad, 'rejected line')}${dryRun ? '' : ` written to ${rejects}`}: ${reasons.join('; ')}.`]
      : []),
  ].join(' ');
}

function importedOf({ summary, seconds, dryRun }: Imported): string {
  const { rows, first, last, duplicates } = summary;
  if (rows === 0) {
    const { skipped, differing } = duplicates;
    const were = `${grouped(skipped)} ${skipped === 1 ? 'was' : 'were'} already there`;
    return `${dryRun ? 'Would import nothing' : 'Nothing to import'}: 0 new; ${were}${differ(differing)}.`;
  }
  const what = counted(rows, 'datapoint');
  const speed = `${grouped(Math.round(rows / seconds))} rows/s`;
  const range = first === undefined ? '' : `, from ${first} to ${last}`;
  return `${dryRun ? `Would import ${what}` : `${what} imported in ${seconds.toFixed(2)} s (${speed})`}${range}.`;
}

function differ(count: number): string {
  return count === 0 ? '' : `; ${grouped(count)} of them ${count === 1 ? 'differs' : 'differ'} in value`;
}

export async function sayNotes(ctx: Context, notes: readonly string[]): Promise<void> {
  for (const note of notes) {
    await ctx.output.say(`Note: ${note}`);
  }
}
