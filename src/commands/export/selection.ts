import type { ClientBase } from 'pg';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { repeated } from '../../cli/parse.ts';
import type { TimeRange } from '../../database/time-range.ts';
import type { ExperimentRow } from '../../domain/experiments.ts';
import { InvalidInputError } from '../../errors.ts';
import { extentOf } from '../../export/extent.ts';
import type { Named } from '../../export/file-name.ts';
import type { ExportRequest } from '../../export/request.ts';
import { occurringEvents } from '../../export/shape/titled-events.ts';
import { defined } from '../../text/defined.ts';
import { timeRangeOf, timeRangeOptions } from '../standard/time-range.ts';
import { exportTo, type OutputOptions } from './export-to.ts';
import type { Part } from './exported.ts';
import type { FormOptions } from './form-options.ts';
import { findEvents } from './named-events.ts';
import { isOwnTime, timesOf } from './own-time.ts';

const FILE_LAYOUTS = ['one-file', 'per-experiment', 'per-event'] as const;

/** Which datapoints of the experiments are exported, and which of them make a file. */
export interface SelectionOptions extends TimeRange {
  event?: string[];
  layout?: (typeof FILE_LAYOUTS)[number];
}

/** Experiments; `null` for datapoints of none, `undefined` for those of any. */
type Experiments = readonly ExperimentRow[] | null | undefined;

/** The file has the time zone only if it is given here: what reads it must not depend on a setting of who wrote it. */
const TIMES = 'times without an offset, and if given here, of the times in the file (else UTC)';

export function selectionOptions(command: Command, times = TIMES): Command {
  return command
    .optionsGroup('Which datapoints:')
    .option('--event <event>', 'only this event, or those of a pattern or @FILE; can be repeated', repeated)
    .with((parent) => timeRangeOptions(parent, times))
    .note(SELECTION);
}

const SELECTION = `
--event also takes a pattern, such as "Zone *", whose * stands for any characters and ? for one, and @FILE with an event or a pattern
on each line (# starts a comment). --from and --to also take times of the experiment: +10min is 10 minutes after its start, -5min is 5 minutes before its
end, which is now while it is running; start and end can be written out, as in end+1min.
`;

/**
 * Adds `--layout`.
 * @param otherwise the default
 */
export function layoutOption(command: Command, otherwise: string): Command {
  return command.choice('--layout <layout>', `which files; default: ${otherwise}`, FILE_LAYOUTS).note(LAYOUTS);
}

const LAYOUTS = `
--layout per-experiment and per-event write one file for each experiment, or for each event of each experiment, into the folder of
--output, all as of the same moment. No file is replaced without --force. If one fails, those before it are complete, and named.
`;

const NOT_IN_PIPE = 'Nothing was written to the pipe: for that, pass -o -.';

/**
 * Exports the datapoints of these experiments, in one file or several; without `--output`, to a file that standard output was
 * redirected to.
 */
export async function exportSelection(
  ctx: Context,
  experiments: Experiments,
  layout: (typeof FILE_LAYOUTS)[number],
  given: SelectionOptions & OutputOptions & FormOptions,
): Promise<void> {
  const redirection = given.output === undefined && !ctx.output.structured ? ctx.streams.redirection() : undefined;
  const options = redirection === 'file' ? { ...given, output: '-' } : given;
  const events = options.event && (await findEvents(ctx, options.event));
  const partOf = async (which: Experiments): Promise<Part> => {
    const [only, another] = which ?? [];
    const subject = defined({ experiment: another ? undefined : only });
    return { subject, request: await requestOf(ctx, which, options, events) };
  };
  if (layout === 'one-file') {
    await exportTo(ctx, await ctx.pool(), await partOf(experiments), options);
    return redirection === 'pipe' && !options.dryRun ? await ctx.output.note(NOT_IN_PIPE) : undefined;
  }
  if (layout === 'per-experiment' && !experiments) {
    throw new InvalidInputError('--layout per-experiment needs experiments, and none is named.', {
      hint: 'Name some with --experiment, or use "webmacs experiments export --all".',
    });
  }
  const { exportEach } = await import('./export-each.ts');
  const parts: Part[] = [];
  for (const which of experiments?.map((each) => [each]) ?? [experiments]) {
    parts.push(await partOf(which));
  }
  const plan = async (client: ClientBase) => (layout === 'per-event' ? await byEvent(client, parts, events) : parts);
  const requests = parts.map(({ request }) => request);
  await exportEach(ctx, await ctx.pool(), plan, requests, layout, options);
}

/** Returns which datapoints become one file. */
export async function requestOf(
  ctx: Context,
  which: Experiments,
  options: SelectionOptions,
  events?: readonly Named[],
): Promise<ExportRequest> {
  const [only, another] = which ?? [];
  refuseOwnTimes(another ? options : {});
  const chosen = events ?? (options.event && (await findEvents(ctx, options.event)));
  return defined({
    experimentPublicId: which && (only && !another ? only.publicId : which.map(({ publicId }) => publicId)),
    eventPublicIds: chosen?.map(({ publicId }) => publicId),
    ...(await timeRangeOf(ctx, options, timesOf(another ? undefined : only))),
  });
}

async function byEvent(
  client: ClientBase,
  parts: readonly Part[],
  events: readonly Named[] | undefined,
): Promise<Part[]> {
  const divided: Part[] = [];
  for (const { subject, request } of parts) {
    for (const event of events ?? (await eventsWithData(client, request))) {
      divided.push({ subject: { ...subject, event }, request: { ...request, eventPublicIds: [event.publicId] } });
    }
  }
  return divided;
}

async function eventsWithData(client: ClientBase, request: ExportRequest): Promise<Named[]> {
  const events = await occurringEvents(client, request, await extentOf(client, request));
  return events.map((event) => ({ name: event.name, publicId: event.public_id }));
}

/** @throws InvalidInputError for a time of an experiment's own, where there are several */
function refuseOwnTimes({ from, to }: TimeRange): void {
  for (const [option, text] of Object.entries({ '--from': from, '--to': to })) {
    if (text !== undefined && isOwnTime(text)) {
      throw new InvalidInputError(`${option} ${text} counts from times of each experiment, and one file has several.`, {
        hint: 'Pass --layout per-experiment, or a time such as 2026-01-31T13:45:00+01:00.',
      });
    }
  }
}
