import type { EntityManager } from '@mikro-orm/postgresql';
import { logFilter } from '../domain/logs.ts';
import { replayRule } from '../domain/rule-replay.ts';
import { describeCondition } from '../domain/rules.ts';
import { LogEntry } from '../entities/index.ts';
import type { ExportRequest } from '../export/request.ts';
import type { SeriesEvent } from '../series/model.ts';
import { rulesOf } from '../series/thresholds.ts';
import { defined } from '../text/defined.ts';
import { printable, quoted } from '../text/printable.ts';
import type { Mark } from './page-data.ts';

const MOST_ENTRIES = 500;
/** Of all rules. */
const MOST_TRIGGERS = 500;
const LEAST_TRIGGERS = 10;

/** Moments that a report marks, and what it leaves out, in sentences. */
export interface Marks {
  marks: Mark[];
  notes: string[];
}

/** Returns the entries of the log in a time, in seconds since 1970. */
export async function logMarks(em: EntityManager, from: number, to: number): Promise<Marks> {
  const [start, end] = [from, to + 1e-3].map((seconds) => new Date(seconds * 1000).toISOString());
  const where = logFilter(defined({ from: start, to: end }));
  const orderBy = { createdOn: 'asc', id: 'asc' } as const;
  const [entries, count] = await em.fork().findAndCount(LogEntry, where, { orderBy, limit: MOST_ENTRIES });
  const marks = entries.map(({ createdOn, loggingType, content }): Mark => {
    return { at: Date.parse(createdOn) / 1000, kind: loggingType ?? 'info', text: printable(content) };
  });
  const rest = `Only the first ${MOST_ENTRIES} of ${count} entries of the log are listed.`;
  return { marks, notes: count > MOST_ENTRIES ? [rest] : [] };
}

/** Replays the rules of events, as they are today, on a recording. */
export async function triggerMarks(
  em: EntityManager,
  events: readonly SeriesEvent[],
  { experimentPublicId, from, to }: Pick<ExportRequest, 'from' | 'to'> & { experimentPublicId: string },
): Promise<Marks> {
  const rules = await rulesOf(em, events);
  const limit = Math.max(LEAST_TRIGGERS, Math.floor(MOST_TRIGGERS / (rules.length || 1)));
  const marks: Mark[] = [];
  const notes: string[] = [];
  for (const { rule, unit } of rules) {
    const name = `Rule ${quoted(rule.name)} (${printable(describeCondition(rule, unit).trim())})`;
    const { triggers, first } = await replayRule(em, rule, { experimentPublicId, ...defined({ from, to }) }, limit);
    for (const { timestamp, value } of first) {
      const text = `${name} would trigger at ${value} ${printable(unit)}`.trim();
      marks.push({ at: Date.parse(timestamp) / 1000, kind: 'rule', text });
    }
    if (triggers > first.length) {
      notes.push(`${name} would trigger ${triggers} times; the first ${first.length} are listed.`);
    }
  }
  const what = "Rule triggers are replayed with today's rules, on all values: they are not a record of what happened.";
  return { marks, notes: marks.length > 0 ? [what, ...notes] : notes };
}
