import type { Context } from '../../cli/context.ts';
import { withSnapshot } from '../../database/snapshot.ts';
import type { ExportRequest } from '../../export/request.ts';
import { readCurves } from '../../series/buckets.ts';
import type { Curves } from '../../series/model.ts';
import { type SelectedSeries, selectSeries } from '../../series/select.ts';
import { type Threshold, thresholdsOf } from '../../series/thresholds.ts';
import { printable } from '../../text/printable.ts';
import { RULES } from '../rules/noun.ts';

export interface Drawn {
  /** The name of the experiment whose datapoints they are; undefined for those of any. */
  experiment: string | undefined;
  selection: ExportRequest;
  /** How many seconds before the last datapoint it starts, if no start is given. */
  span?: number;
}

export function titleOf({ experiment = 'Datapoints' }: Drawn): string {
  return printable(experiment);
}

export interface Reading {
  curves: Curves;
  thresholds: Threshold[];
  /** Whether there are datapoints at times that no axis has. */
  beyond: boolean;
  /** How many events have datapoints, more than are drawn. */
  events: number;
}

/** As many as there are colours. */
const MAX_EVENTS = 8;

/**
 * Reads what is drawn; `undefined` if there is no datapoint. Without events in the selection, only the first ones by name.
 * @param columns the number of buckets
 */
export async function readDrawn(ctx: Context, drawn: Drawn, columns: number): Promise<Reading | undefined> {
  const { selection, span } = drawn;
  const read = await withSnapshot(await ctx.pool(), ctx.signal, async ({ leader }) => {
    const selected: SelectedSeries | undefined = await selectSeries(leader, selection, span);
    if (selected === undefined) {
      return undefined;
    }
    const { events, from, to, beyond } = selected;
    const chosen = selection.eventPublicIds ? events : events.slice(0, MAX_EVENTS);
    const curves = await readCurves(leader, { events: chosen, selection, from, to, columns });
    return { curves, beyond, events: events.length };
  });
  if (read === undefined) {
    return undefined;
  }
  const events = read.curves.curves.map(({ event }) => event);
  return { ...read, thresholds: await thresholdsOf(await ctx.em(RULES.entity), events) };
}
