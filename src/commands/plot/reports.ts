import type { Context } from '../../cli/context.ts';
import { counted, quoted } from '../../cli/text.ts';
import { shownTime } from '../../cli/time.ts';
import { availableRange } from '../../export/extent.ts';
import { shownRange } from '../standard/time-range.ts';
import type { Drawn, Reading } from './read.ts';

/** Returns that there is nothing to draw, and of which time there would be. */
export async function nothingIn(ctx: Context, { experiment, selection }: Drawn): Promise<string> {
  const client = await (await ctx.pool()).connect();
  try {
    const available = await availableRange(client, selection);
    const others = available
      ? `; there is data from ${await shownTime(ctx, available.first)} to ${await shownTime(ctx, available.last)}`
      : '';
    const range = available ? await shownRange(ctx, selection) : '';
    const none = experiment === undefined ? 'there are no' : `experiment ${quoted(experiment)} has no`;
    return `Nothing to draw: ${none} datapoints${selection.eventPublicIds ? ' of these events' : ''}${range}${others}.`;
  } finally {
    client.release();
  }
}

export async function warnOf(ctx: Context, { curves: { curves }, events, beyond }: Reading): Promise<void> {
  if (events > curves.length) {
    const which = `the first ${curves.length} of ${counted(events, 'event')}, by name`;
    await ctx.output.warn(`These are ${which}: choose others with --event.`);
  }
  if (beyond) {
    await ctx.output.warn('Datapoints at times that no axis has, such as infinity, are left out.');
  }
}
