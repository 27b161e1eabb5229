import type { Context } from '../../cli/context.ts';
import { timezoneOf } from '../../cli/timezone.ts';
import type { ImportRequest } from '../../ingest/import-request.ts';
import { withPlannedFile } from '../../ingest/inspect/file-plan.ts';
import { InspectedEvents } from '../../ingest/inspect/inspected-events.ts';
import { AmbiguousFileError } from '../../ingest/plan/ambiguous.ts';
import type { ReadingOptions } from '../../ingest/plan/reading-options.ts';
import type { NamedSource } from '../../ingest/sources.ts';
import { shellWord } from '../../text/shell-word.ts';
import { wordsFor } from './reading-options.ts';

/**
 * Calls `work`, and asks on a terminal for what the file leaves open; then calls it again, with the answer among the options.
 * @throws AmbiguousFileError if there is nobody to ask
 */
export async function withAnswers<O extends ReadingOptions, T>(
  ctx: Context,
  options: O,
  work: (options: O) => Promise<T>,
): Promise<T> {
  try {
    return await work(options);
  } catch (error) {
    if (!(error instanceof AmbiguousFileError) || !ctx.prompts.canAsk) {
      throw error;
    }
    const answer = await answerTo(ctx, error);
    await ctx.output.say(`As an option: ${wordsFor(answer).map(shellWord).join(' ')}`);
    return await withAnswers(ctx, { ...options, ...answer }, work);
  }
}

async function answerTo(ctx: Context, { question, option, choices }: AmbiguousFileError): Promise<ReadingOptions> {
  const shown = choices.map(({ value, label }) => ({ name: `${value}   ${label}`, value }));
  const value = await ctx.prompts.choose(question, shown);
  switch (option) {
    case 'headerLine':
      return { headerLine: Number(value) };
    case 'timeColumns':
      return { timeColumns: [value] };
    case 'timeFormat':
      return { timeFormat: value };
  }
}

/** Asks for the time zone of times without an offset. */
async function askTimezone(ctx: Context): Promise<string> {
  const { name } = await timezoneOf(ctx);
  const names = new Set([name, 'UTC', ...Intl.supportedValuesOf('timeZone')]);
  const choices = [...names].map((value) => ({
    name: value === name ? `${value}   the time zone of this machine` : value,
    value,
  }));
  const timezone = await ctx.prompts.choose('Time zone of the clock of the logger', choices);
  await ctx.output.say(`As an option: --timezone ${timezone}`);
  return timezone;
}

/**
 * Asks on a terminal for what a file leaves open before it is imported.
 * @throws InvalidInputError if the file cannot be read
 */
export async function askAbout(
  ctx: Context,
  { again }: NamedSource,
  request: ImportRequest,
  create: boolean,
): Promise<ImportRequest> {
  if (!again || !ctx.prompts.canAsk) {
    return request;
  }
  const { signal } = ctx;
  const events = new InspectedEvents(
    request.events.map((event) => ({ ...event, unit: null })),
    request.eventPublicId ?? request.newEvent,
  );
  const context = create ? events : { names: events.names, only: events.only, create: undefined };
  return await withAnswers(ctx, request, async (options) => {
    const isAsked = await withPlannedFile(
      { open: again, again },
      options,
      context,
      { signal },
      async ({ plan, isLocal }) => isLocal && plan.time.timezone === undefined && plan.unknown.length === 0,
    );
    return isAsked ? { ...options, timezone: await askTimezone(ctx) } : options;
  });
}
