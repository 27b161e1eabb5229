import { BY_TIME, type Storage } from './storage.ts';

/** What to do about the storage; `due` if new datapoints will be refused otherwise. */
export interface Advice {
  due: boolean;
  text: string;
  command: string | null;
  /** The disk space that it takes meanwhile, about. */
  needsBytes?: number;
}

/** The command that finishes it. */
export type Unfinished = 'partition' | 'plain' | 'split' | 'timescale';

/** Returns the command that undoes it. */
export function undoOf(unfinished: Unfinished, { form }: Storage): string {
  const undo = { partition: 'plain', timescale: 'plain', split: 'split --undo' };
  return unfinished === 'plain' ? (form === 'hypertable' ? 'timescale' : 'partition') : undo[unfinished];
}

/** Of the two unique indexes of partitions. */
const KEY_BYTES_A_ROW = 100;
const DAY = 86_400_000;
/** A week's notice. */
const NOTICE = 7 * DAY;
/** Of the ids. */
const SCARCE_PERCENT = 80;

/**
 * Returns what to do about the storage.
 * @param idsUsed in percent; null if unknown
 * @param unfinished the conversion that was interrupted, if one was
 * @param widening whether a widening of the ids was
 * @param hasCopies whether rows that are distributed were not removed from where they had been
 */
export function adviceOn(
  storage: Storage,
  {
    idsUsed,
    unfinished,
    widening,
    hasCopies,
    now,
  }: {
    idsUsed: number | null;
    unfinished: Unfinished | undefined;
    widening: boolean;
    hasCopies: boolean;
    now: number;
  },
): Advice[] {
  const advice: Advice[] = [];
  const { form, key, leaves, idType } = storage;
  if (hasCopies) {
    advice.push({
      due: false,
      text: 'The coordinator still has the rows from before they were distributed, which nobody sees.',
      command: 'webmacs db storage citus',
    });
  }
  const rows = leaves.reduce((sum, leaf) => sum + (leaf.rows ?? 0), 0);
  if (unfinished) {
    advice.push({
      due: true,
      text: `A conversion was interrupted. Run again, it finishes; "webmacs db storage ${undoOf(unfinished, storage)}" undoes it.`,
      command: `webmacs db storage ${unfinished}`,
    });
  } else if (form === 'plain') {
    advice.push({
      due: false,
      text: 'In partitions by time, old datapoints would be pruned in a second, and their disk space freed; ids would be unique within a partition only.',
      command: 'webmacs db storage partition',
      needsBytes: rows * KEY_BYTES_A_ROW,
    });
  }
  if (form === 'partitions' && key === BY_TIME) {
    const hasDefault = leaves.some(({ isDefault }) => isDefault);
    const last = leaves.findLast(({ isDefault }) => !isDefault);
    const end = last?.to == null ? Number.POSITIVE_INFINITY : Date.parse(last.to);
    if (!hasDefault && (last === undefined || end < now + NOTICE)) {
      const when = last?.to == null ? 'There is no partition' : `The last partition ends on ${last.to}`;
      advice.push({
        due: true,
        text: `${when}: later datapoints are refused.`,
        command: 'webmacs db storage extend',
      });
    }
  }
  const isScarce = idsUsed !== null && idsUsed >= SCARCE_PERCENT;
  if (widening || isScarce || idType !== 'bigint') {
    const text = widening
      ? 'A widening of the ids was interrupted. Run again, it finishes; "webmacs db storage widen --undo" undoes it.'
      : isScarce
        ? `${idsUsed} % of the ids are used.`
        : 'The ids end after 2,147,483,647 datapoints.';
    const canWiden = form !== 'hypertable' && form !== 'distributed';
    const otherwise = canWiden
      ? ''
      : form === 'distributed'
        ? ' Bring them back to one server, widen them there, and distribute them again: webmacs db storage plain, widen, citus'
        : ' Make them one table, widen them there, and make it a hypertable again: webmacs db storage plain (--dry-run says what it takes), widen, timescale';
    advice.push({
      due: widening || isScarce,
      text: text + otherwise,
      command: canWiden ? 'webmacs db storage widen' : null,
    });
  }
  return advice;
}
