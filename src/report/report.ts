import type { EntityManager } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import type { ExperimentRow } from '../domain/experiments.ts';
import { Experiment } from '../entities/index.ts';
import type { ExportRequest } from '../export/request.ts';
import { thresholdsOf } from '../series/thresholds.ts';
import { defined } from '../text/defined.ts';
import { printable } from '../text/printable.ts';
import { offsetPeriods, type TimeZone } from '../text/time-zone.ts';
import { type Page, pageOf, type Unpacked } from './document.ts';
import { logMarks, triggerMarks } from './marks.ts';
import type { PageTime, ReportData } from './page-data.ts';
import { madeNow, panelsOf, type Read, type ReadOptions, readSeries, seriesOf } from './series.ts';

export interface ReportRequest {
  experiment: ExperimentRow;
  /** Of the experiment's datapoints. */
  selection: ExportRequest;
  zone: TimeZone;
  now: Date;
}

/** Before the first and after the last datapoint, this share of the time between is shown to the start and the end of the run. */
const MOST_MARGIN = 0.125;
/** A time in which there is one datapoint. */
const LEAST_SECONDS = 1;
const DAY = 86_400;

export async function reportPage(
  pool: Pool,
  em: EntityManager,
  { experiment, selection, zone, now }: ReportRequest,
  options: ReadOptions,
): Promise<Page> {
  const read = await readSeries(pool, selection, options);
  const { publicId: experimentPublicId, name, startedOn, stoppedOn } = experiment;
  const [started, stopped] = [startedOn, stoppedOn].map(secondsOf);
  const isDrawn = read.events.some(({ curve }) => curve.length > 0);
  const end = stopped ?? now.getTime() / 1000;
  const drawn = isDrawn ? read : { from: Math.min(started ?? end, end), to: end };
  const time = timeOf(drawn, selection, zone, started ?? Number.NaN, stopped ?? Number.NaN);
  const events = read.events.map(({ event }) => event);
  const { from, to } = selection;
  const logged = await logMarks(em, time.from, time.to);
  const triggered = await triggerMarks(em, events, { experimentPublicId, ...defined({ from, to }) });
  const marks = [...logged.marks, ...triggered.marks].sort((left, right) => left.at - right.at);
  const beyond = read.beyond ? ['Some datapoints are at infinite times, which no chart can show.'] : [];
  const data: Unpacked<ReportData> = {
    kind: 'report',
    title: printable(name),
    time,
    run: {
      started: started ?? null,
      stopped: stopped ?? null,
      isRunning: stoppedOn === null,
      owner: await ownerOf(em, experiment),
    },
    series: read.events.map((summary, at) => seriesOf(summary, read, at)),
    panels: panelsOf(read.events, await thresholdsOf(em, events)),
    marks,
    notes: [...beyond, ...logged.notes, ...triggered.notes],
    madeBy: madeNow(now, zone),
  };
  return await pageOf(data, options);
}

/** Returns what the axis shows: the time of the datapoints, and of the run if that is hardly longer and not limited, or if there are none. */
function timeOf(
  read: Pick<Read, 'from' | 'to'>,
  { from, to }: ExportRequest,
  zone: TimeZone,
  started: number,
  stopped: number,
): PageTime {
  const margin = (read.to - read.from) * MOST_MARGIN;
  const isNear = (time: number, end: number) => Math.abs(time - end) <= margin;
  const start = from === undefined && isNear(started, read.from) ? Math.min(started, read.from) : read.from;
  const end = to === undefined && isNear(stopped, read.to) ? Math.max(stopped, read.to) : read.to;
  const room = end > start ? 0 : LEAST_SECONDS / 2;
  return { from: start - room, to: end + room, zone: pageZone(zone, start, end) };
}

/** Returns a time zone as a page needs it, for the times from `from` to `to`, and for those that a change of clocks near them repeats. */
export function pageZone(zone: TimeZone, from: number, to: number): NonNullable<PageTime['zone']> {
  // The zone of the machine has no name of its own.
  const name = zone.name === 'local' ? Intl.DateTimeFormat().resolvedOptions().timeZone : zone.name;
  return { name, periods: offsetPeriods(zone, Math.floor(from) - DAY, Math.ceil(to) + DAY) };
}

async function ownerOf(em: EntityManager, { publicId }: ExperimentRow): Promise<string | null> {
  const found = await em.fork().findOne(Experiment, { publicId }, { populate: ['user'] });
  const owner = found?.user.unwrap().username;
  return owner === undefined ? null : printable(owner);
}

/** In seconds since 1970, to the millisecond; `undefined` for an infinite time. */
function secondsOf(time: string | null | undefined): number | undefined {
  const seconds = Date.parse(time ?? '') / 1000;
  return Number.isNaN(seconds) ? undefined : seconds;
}
