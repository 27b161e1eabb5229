import type { Look } from '../../cli/cells.ts';
import type { Context } from '../../cli/context.ts';
import { LiveLines, redrawnOnResize } from '../../cli/live-lines.ts';
import type { Row } from '../../cli/output.ts';
import { sparkline } from '../../cli/sparkline.ts';
import { renderTable } from '../../cli/table.ts';
import { counted, duration } from '../../cli/text.ts';
import { shownTimezone } from '../../cli/timezone.ts';
import { measureFor, truncated } from '../../cli/width.ts';
import { jsonNumber } from '../../domain/datapoints.ts';
import { describeRule } from '../../domain/rules.ts';
import type { LatestValue } from '../../series/latest.ts';
import { localText } from '../../text/local-time.ts';
import { followQuery } from '../standard/follow.ts';

const SHOWN = ['event', 'value', 'unit', 'age', 'rules', 'trend'];
const HIDE_FIRST = ['trend', 'age'];

/** The number of values that are drawn, and in a narrow window. */
const TREND = 30;
const SHORT_TREND = 10;

export async function drawInPlace(
  ctx: Context,
  readLast: (count: number) => Promise<LatestValue[]>,
  everySeconds: number,
): Promise<void> {
  const read = async () => await readLast(TREND);
  let values = await ctx.progress('Reading values', read);
  let readAt = ctx.now();
  let lost = false;
  using live = new LiveLines(ctx.streams);
  const draw = async () => {
    const time = localText(shownTimezone(ctx), `${readAt.toISOString().slice(0, 19)}+00:00`);
    const state = lost ? 'connection lost, retrying every second' : `every ${duration(everySeconds)}, Ctrl-C stops`;
    await live.draw(await linesOf(ctx.output.look, values, `${time}  ${state}`, lost, live.room));
  };
  using _redrawn = redrawnOnResize(ctx.streams, draw);
  await draw();
  await followQuery(ctx, {
    read,
    everySeconds,
    print: async (next) => {
      values = next;
      readAt = ctx.now();
      await draw();
    },
    onConnection: async (isLost) => {
      lost = isLost;
      await draw();
    },
  });
}

/** Returns the lines of the values that fit, the first of which is the head. */
async function linesOf(
  look: Look,
  values: readonly LatestValue[],
  head: string,
  isOld: boolean,
  { rows, columns }: LiveLines['room'],
): Promise<string[]> {
  const { style } = look;
  const fitting = async (text: string) => {
    const measure = await measureFor([text]);
    return measure(text) > columns ? truncated(text, columns, measure) : text;
  };
  const title = isOld ? style.yellow(await fitting(head)) : style.dim(await fitting(head));
  if (values.length === 0) {
    return [title, await fitting('No event to show: none has a datapoint.')].slice(-rows);
  }
  const shown = values.slice(0, values.length + 2 > rows ? Math.max(1, rows - 3) : undefined);
  const names = SHOWN.filter((name) => name !== 'rules' || values.some(({ rules }) => rules.length > 0));
  const table = async (trend: number) => {
    const given = { ...look, width: columns, header: true, hideFirst: HIDE_FIRST };
    return await renderTable(
      names,
      shown.map((value) => shownRow(value, trend)),
      given,
    );
  };
  const wide = await table(TREND);
  const { text } = wide.hidden > 0 ? await table(SHORT_TREND) : wide;
  const [heads = '', ...lines] = text.trimEnd().split('\n');
  const coloured = lines.map((line, at) => (isMet(shown[at]) ? style.red(line) : line));
  const hidden = values.slice(shown.length);
  const met = hidden.filter(isMet).length;
  const more = `… ${counted(hidden.length, 'more event')}${met > 0 ? `, ${met} with a rule met` : ''}: --event, or a taller window`;
  const end = hidden.length > 0 ? [(met > 0 ? style.red : style.dim)(await fitting(more))] : [];
  return [title, heads, ...coloured, ...end].slice(-rows);
}

function shownRow({ event, value, timestamp, ageSeconds, recent, rules }: LatestValue, trend: number): Row {
  const met = rules.filter(({ met }) => met).map((rule) => describeRule(rule, event.unit));
  return {
    // In a narrow window without colours, all that tells it.
    event: `${met.length > 0 ? '▲ ' : ''}${event.name}`,
    value: value === null ? null : jsonNumber(rounded(value)),
    unit: event.unit,
    // An infinite time has no age.
    age: Number.isFinite(ageSeconds ?? Number.NaN) ? ageText(ageSeconds ?? 0) : timestamp,
    rules: met.length > 0 ? met : rules.length > 0 ? 'ok' : null,
    trend: sparkline(recent.slice(-trend), { ascii: false }),
  };
}

/** Returns an age in the largest unit of which it has two. */
function ageText(seconds: number): string {
  const [unit, length] = AGE_UNITS.find(([, each]) => Math.abs(seconds) >= 2 * each) ?? ['s', 1];
  return `${seconds < 0 ? 'in ' : ''}${Math.abs(Math.trunc(seconds / length))} ${unit}`;
}

const AGE_UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const;

/** Returns a value with the digits that fit a line: at least six, and all before the decimal point. */
function rounded(value: number): number {
  const digits = Math.max(6, Math.ceil(Math.log10(Math.abs(value))));
  return Number.isInteger(value) || !Number.isFinite(digits) ? value : Number(value.toPrecision(Math.min(17, digits)));
}

function isMet(value: LatestValue | undefined): boolean {
  return value?.rules.some(({ met }) => met) === true;
}
