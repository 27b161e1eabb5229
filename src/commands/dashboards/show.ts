import { drawBoxes } from '../../cli/boxes.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted, printable, quoted } from '../../cli/text.ts';
import type { DashboardRow } from '../../domain/dashboards.ts';
import { eventsOf } from '../../domain/events.ts';
import { describeRect, GRID_COLUMNS, splitOverlapping } from '../../domain/grid.ts';
import { type WidgetRow, widgetsOf } from '../../domain/widgets.ts';
import { shellWord } from '../../text/shell-word.ts';
import { rowArgument } from '../standard/choices.ts';
import { find, rowOf } from '../standard/noun.ts';
import { USERS } from '../users/noun.ts';
import { DASHBOARDS } from './noun.ts';
import { WIDGETS } from './widgets/noun.ts';

export function declareShow(parent: Command, ctx: Context): void {
  parent
    .command('show')
    .addArgument(rowArgument(ctx, DASHBOARDS))
    .description('draw a dashboard and its widgets')
    .runs(ctx, showDashboard)
    .examples(
      ['webmacs dashboards show Overview'],
      ['webmacs dashboards show Overview --json', 'the dashboard, with its widgets in "widgets"'],
    );
}

/** Prints a dashboard: a drawing on a terminal, otherwise its columns and one line per widget. */
async function showDashboard(ctx: Context, given: string): Promise<void> {
  const dashboard = await find(ctx, DASHBOARDS, given);
  const em = await ctx.em();
  const widgets = await widgetsOf(em, dashboard);
  const events = await eventsOf(
    em,
    widgets.flatMap(({ event }) => event?.publicId ?? []),
  );
  const nameOf = (widget: WidgetRow) => events.get(widget.event?.publicId ?? '')?.name ?? null;
  if (ctx.output.forPeople) {
    return await draw(ctx, dashboard, widgets, nameOf);
  }
  const rows = await Promise.all(
    widgets.map(async (widget) => ({ ...(await rowOf(ctx, WIDGETS, widget)), event: nameOf(widget) })),
  );
  const row = await rowOf(ctx, DASHBOARDS, dashboard);
  if (ctx.output.structured) {
    return await ctx.output.one({ ...row, widgets: rows });
  }
  await ctx.output.one(row);
  await ctx.output.list(
    rows.map((widget) => ({ ...widget, row: 'widget' })),
    ['row', ...WIDGETS.columns],
  );
}

async function draw(
  ctx: Context,
  dashboard: DashboardRow,
  widgets: WidgetRow[],
  eventOf: (widget: WidgetRow) => string | null,
): Promise<void> {
  const { style } = ctx.output;
  const { username } = await find(ctx, USERS, dashboard.user.publicId);
  const visibility = dashboard.isGlobal ? 'visible to all users' : 'visible only to its owner';
  const id = dashboard.publicId.slice(0, 8);
  const facts = `${id}  owner ${printable(username)}, ${visibility}, ${counted(widgets.length, 'widget')}`;
  await ctx.output.text(`${style.bold(printable(dashboard.name))}  ${style.dim(facts)}\n`);
  const { placed, misplaced } = splitOverlapping(widgets);
  const boxes = placed.map((widget) => ({ ...widget, lines: linesOf(widget, eventOf(widget)) }));
  if (boxes.length > 0) {
    await ctx.output.text(await drawBoxes(boxes, GRID_COLUMNS, ctx.streams.columns(), style));
  }
  if (widgets.length === 0) {
    const add = `${ctx.calledAs} dashboards widgets add ${shellWord(dashboard.name)} --type gauge --title TITLE`;
    await ctx.output.say(`The dashboard is empty. Add a widget:\n  ${add}`);
  }
  for (const widget of misplaced) {
    const what = `${quoted(widget.title)} (${widget.publicId.slice(0, 8)})`;
    await ctx.output.warn(`Widget ${what}, ${describeRect(widget)}, overlaps another or leaves the grid.`);
  }
}

function linesOf(widget: WidgetRow, event: string | null): string[] {
  return [
    printable(widget.title),
    [...(event === null ? [] : [printable(event)]), widget.widgetType.replaceAll('_', ' ')].join(' · '),
    `${widget.publicId.slice(0, 8)}  ${describeRect(widget)}`,
  ];
}
