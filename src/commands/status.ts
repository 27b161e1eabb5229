import type { Command } from '../cli/command.ts';
import type { Context } from '../cli/context.ts';
import { durationText } from '../cli/duration.ts';
import { counted, fileSize, printable } from '../cli/text.ts';
import { shownTimezone } from '../cli/timezone.ts';
import { CheckFailedError } from '../errors.ts';
import { type SiteStatus, siteStatus } from '../site/status.ts';
import { localText } from '../text/local-time.ts';

interface StatusOptions {
  /** In seconds. */
  maxAge?: number;
  exitCode?: boolean;
}

/** From this share on the ids of a table are mentioned. */
const MENTIONED_PERCENT = 1;

export function declareSiteStatus(command: Command, ctx: Context): void {
  command
    .duration('--max-age <duration>', 'exit 6 if the last datapoint is older, or there is none, such as 5m')
    .option('--exit-code', 'exit 6 if something needs attention')
    .runs(ctx, showStatus)
    .examples(
      ['webmacs status'],
      ['webmacs status --max-age 5m --quiet', 'from a monitoring system: exit 6 when no data arrives'],
      ['webmacs status --json | jq -r .attention[]'],
    );
}

async function showStatus(ctx: Context, { maxAge, exitCode = false }: StatusOptions): Promise<void> {
  const database = await ctx.database();
  const status = await ctx.progress('Looking at the database', async () => siteStatus(database));
  const found = { database: database.where, ...status };
  await (ctx.output.structured ? ctx.output.one(found) : printStatus(ctx, database.where, status));
  const { last_datapoint: last, attention } = status;
  if (maxAge !== undefined && (last === null || last.age_seconds > maxAge)) {
    const what = last === null ? 'There is no datapoint' : `The last datapoint is ${age(last.age_seconds)} old`;
    throw new CheckFailedError(`${what}; --max-age is ${durationText(maxAge)}.`, {
      hint: 'See what feeds the events: webmacs events list, webmacs plugins instances list',
    });
  }
  if (exitCode && attention.length > 0) {
    throw new CheckFailedError(
      `${counted(attention.length, 'point')} ${attention.length === 1 ? 'needs' : 'need'} attention.`,
    );
  }
}

async function printStatus(ctx: Context, where: string, status: SiteStatus): Promise<void> {
  const { layout, migration, schema_state: state, last_datapoint: last, attention } = status;
  const when = (time: string) => (ctx.output.isTable ? localText(shownTimezone(ctx), time) : time);
  const used = Object.entries(status.ids_used_percent).filter(([, percent]) => (percent ?? 0) >= MENTIONED_PERCENT);
  await ctx.output.one({
    database: where,
    server_version: status.server_version,
    layout,
    schema: `${migration ?? 'no migration recorded'}${STATES[state]}`,
    size: `${fileSize(status.size_bytes)}, ${status.datapoints_estimated ? '~' : ''}${counted(status.datapoints, 'datapoint')}`,
    running: status.running_experiments.map((each) => startedSince(each, when)).join(', ') || 'none',
    last_datapoint: last ? `${age(last.age_seconds)} ago, at ${when(last.timestamp)}` : 'none',
    ids_used: used.map(([table, percent]) => `${table} ${percent} %`).join(', ') || `less than ${MENTIONED_PERCENT} %`,
    locked_out: status.locked_out.length === 0 ? 'none' : counted(status.locked_out.length, 'account'),
    attention: attention.length > 0 ? counted(attention.length, 'point') : 'nothing',
  });
  for (const sentence of attention) {
    await ctx.output.text(`${ctx.output.forPeople ? '  ' : 'attention\t'}${printable(sentence)}\n`);
  }
}

const STATES = { current: ' (up to date)', behind: ' (not up to date)', unknown: '' };

/** Returns a duration in its two largest units: `2 h 5 min`. */
function age(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [Math.floor(seconds) % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

function startedSince(
  { name, started_on: startedOn }: SiteStatus['running_experiments'][number],
  when: (time: string) => string,
): string {
  return startedOn === null ? name : `${name} since ${when(startedOn)}`;
}
