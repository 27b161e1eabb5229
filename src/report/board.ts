import type { EntityManager } from '@mikro-orm/postgresql';
import type { ClientBase, Pool } from 'pg';
import { LONG_RUNNING, PORTABLE_TEXT, withSession } from '../database/session.ts';
import type { DashboardRow } from '../domain/dashboards.ts';
import { limitsOf } from '../domain/rules.ts';
import { widgetsOf } from '../domain/widgets.ts';
import { readCurves } from '../series/buckets.ts';
import { gapsOf } from '../series/gaps.ts';
import { type LatestValue, latestOf } from '../series/latest.ts';
import type { Bucket, Curves, SeriesEvent } from '../series/model.ts';
import { printable } from '../text/printable.ts';
import type { TimeZone } from '../text/time-zone.ts';
import type { BoardData } from './board-data.ts';
import { boardLayout } from './board-layout.ts';
import { boardValue, ruleText } from './board-values.ts';
import { curveOf } from './codec.ts';
import { documentOf, type Page, type Unpacked } from './document.ts';
import { pageZone } from './report.ts';
import { madeNow } from './series.ts';

/** What is drawn of the time before the last datapoint, unless another start is given. */
const SHOWN_SECONDS = 6 * 3600;
/** How many buckets there are of each event, and of all. */
const MOST_COLUMNS = 20_000;
const MOST_BUCKETS = 200_000;
/** A time in which there is one datapoint. */
const LEAST_SECONDS = 1;
const MICROSECOND = 1e-6;
/** How far the clock of a page that follows the values goes. */
const FOLLOWED_SECONDS = 30 * 86_400;

export interface BoardRequest {
  dashboard: DashboardRow;
  /** ISO 8601. */
  from?: string;
  to?: string;
  zone: TimeZone;
  now: Date;
  live: BoardData['live'];
  signal: AbortSignal;
}

/** Makes the page of a dashboard, which is one file unless it is live. */
export async function boardPage(
  pool: Pool,
  em: EntityManager,
  request: BoardRequest,
): Promise<Page & { eventPublicIds: string[] }> {
  const data = await gatherBoard(pool, em, request);
  const points = data.series.map(({ curve, latest }) => Math.max(curve.layout.points, latest ? 1 : 0));
  return {
    html: await documentOf(data),
    datapoints: points.reduce((sum, each) => sum + each, 0),
    events: points.length,
    eventPublicIds: data.series.map(({ id }) => id),
  };
}

async function gatherBoard(pool: Pool, em: EntityManager, request: BoardRequest): Promise<Unpacked<BoardData>> {
  const { dashboard, to = 'infinity', zone, now, live, signal } = request;
  const widgets = await widgetsOf(em.fork(), dashboard);
  const eventPublicIds = widgets.flatMap(({ event }) => event?.publicId ?? []);
  const latest = await latestOf(em, { eventPublicIds, to });
  const { from, end } = timeOf(latest, request);
  const charts = widgets.filter(({ widgetType }) => widgetType === 'line_chart').map(({ event }) => event?.publicId);
  const events = latest.map(({ event }) => event).filter(({ publicId }) => charts.includes(publicId));
  const columns = Math.min(MOST_COLUMNS, Math.floor(MOST_BUCKETS / (events.length || 1)));
  const read = async (client: ClientBase) =>
    await readCurves(client, { events, selection: {}, from, to: end + MICROSECOND, columns });
  const settings = { ...PORTABLE_TEXT, ...LONG_RUNNING };
  const curves = await withSession(pool, { settings, signal }, async (session) => await session.transaction(read));
  const firsts = curves.curves.flatMap(({ buckets }) => buckets[0]?.first ?? []);
  // No empty half before a young recording; a page that follows the values fills it.
  const isCut = request.from === undefined && live === null && firsts.length > 0;
  const start = isCut ? Math.min(...firsts, end - LEAST_SECONDS) : from;
  return {
    kind: 'dashboard',
    title: printable(dashboard.name),
    time: { from: start, to: end, zone: pageZone(zone, start, end + (live ? FOLLOWED_SECONDS : 0)) },
    series: latest.map((value, at) => seriesOf(value, at, curves)),
    ...boardLayout(
      widgets,
      latest.map(({ event }) => event.publicId),
    ),
    madeBy: madeNow(now, zone),
    live,
  };
}

/** Returns the time that the charts show: until the last datapoint, unless another end is given. */
function timeOf(latest: readonly LatestValue[], { from, to, now }: BoardRequest): { from: number; end: number } {
  const last = Math.max(...latest.map(({ at }) => at ?? Number.NEGATIVE_INFINITY));
  const given = from === undefined ? undefined : Date.parse(from) / 1000;
  const isKnown = given === undefined ? Number.isFinite(last) : last > given;
  const end = to !== undefined ? Date.parse(to) / 1000 : isKnown ? last : now.getTime() / 1000;
  const start = given ?? end - SHOWN_SECONDS;
  return { from: start, end: Math.max(end, start + LEAST_SECONDS) };
}

function seriesOf(latest: LatestValue, colour: number, { from, width, curves }: Curves) {
  const { event, rules } = latest;
  const buckets = curves.find((curve) => curve.event.publicId === event.publicId)?.buckets ?? [];
  const grid = { from, width };
  const outside = buckets.filter((bucket) => isOutOfRange(bucket, event));
  return {
    id: event.publicId,
    name: printable(event.name),
    unit: printable(event.unit),
    ...{ colour, grid, curve: curveOf(buckets, grid) },
    gaps: gapsOf(buckets).map((gap): [number, number] => [gap.from, gap.to]),
    outOfRange: outside.map(({ first, last }): [number, number] => [first, last]),
    thresholds: rules.flatMap((rule) => limitsOf(rule).map((value) => ({ value, text: ruleText(rule, event) }))),
    min: Number.isFinite(event.minValue) ? event.minValue : null,
    max: Number.isFinite(event.maxValue) ? event.maxValue : null,
    latest: boardValue(latest),
  };
}

function isOutOfRange({ min, max }: Bucket, { minValue, maxValue }: SeriesEvent): boolean {
  return (min ?? minValue) < minValue || (max ?? maxValue) > maxValue;
}
