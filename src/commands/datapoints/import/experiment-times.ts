import type { Context } from '../../../cli/context.ts';
import { quoted } from '../../../cli/text.ts';
import type { ImportSummary } from '../../../ingest/import-datapoints.ts';
import { EXPERIMENTS } from '../../experiments/noun.ts';
import { find } from '../../standard/noun.ts';

/** Suggests other times for an experiment if data was imported from before or after it. */
export async function suggestTimes(
  ctx: Context,
  experiment: string,
  imported: readonly Pick<ImportSummary, 'first' | 'last'>[],
): Promise<void> {
  const { name, startedOn, stoppedOn } = await find(ctx, EXPERIMENTS, experiment);
  const byTime = (one: string, other: string) => Date.parse(one) - Date.parse(other);
  const first = imported.flatMap((each) => each.first ?? []).sort(byTime)[0];
  const last = imported
    .flatMap((each) => each.last ?? [])
    .sort(byTime)
    .at(-1);
  const isBefore = first !== undefined && startedOn && byTime(first, startedOn) < 0;
  const isAfter = last !== undefined && stoppedOn && byTime(last, stoppedOn) > 0;
  if (isBefore || isAfter) {
    const times = [...(isBefore ? [`--started-on ${first}`] : []), ...(isAfter ? [`--stopped-on ${last}`] : [])];
    await ctx.output.note(
      `experiment ${quoted(name)} was from ${startedOn} to ${stoppedOn ?? 'now'}, the data is from ${first} to ${last}. ` +
        `To include all of it: ${ctx.calledAs} experiments update ${experiment} ${times.join(' ')}`,
    );
  }
}
