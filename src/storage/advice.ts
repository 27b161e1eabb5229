import { NEARLY_USED_PERCENT } from '../database/ids.ts';
import type { StorageForm } from '../database/layouts/storage-form.ts';
import { counted } from '../text/counted.ts';
import type { HourlyState } from './hourly.ts';
import { isBounded, type Storage } from './storage.ts';

/** What to do about the storage; `due` if new datapoints will be refused otherwise. */
export interface Advice {
  due: boolean;
  text: string;
  command: Advised | null;
  /** The disk space that it takes meanwhile, about. */
  needsBytes?: number;
}

/** A command of `webmacs db storage` that is advised. */
export type Advised = Unfinished | 'timescale --compress-after 30d' | 'timescale --hourly' | 'extend' | 'widen';

/** The command that finishes an interrupted conversion. */
export type Unfinished = 'citus' | 'partition' | 'plain' | 'split' | 'timescale';

/** Returns the command that undoes an interrupted conversion. */
export function undoOf(unfinished: Unfinished, { form }: Storage): string {
  const undo = { citus: 'plain', partition: 'plain', timescale: 'plain', split: 'split --undo' };
  const ofForm: Partial<Record<StorageForm, string>> = { hypertable: 'timescale', distributed: 'citus' };
  return unfinished === 'plain' ? (ofForm[form] ?? 'partition') : undo[unfinished];
}

/** What the two unique indexes of partitions take. */
const KEY_BYTES_A_ROW = 100;
/** A smaller table gains nothing by another form. */
const SMALL_BYTES = 32 * 1024 ** 2;
const DAY = 86_400_000;
/** How long before the end of the last partition that is said. */
const NOTICE = 7 * DAY;

/** What is known about the storage besides. */
interface Facts {
  /** In percent; null if unknown. */
  idsUsed: number | null;
  /** The conversion that was interrupted, if one was. */
  unfinished: Unfinished | undefined;
  /** Whether that had put the new tables in place. */
  isReplaced: boolean;
  /** Whether a widening of the ids was. */
  widening: boolean;
  /** Whether another process changes the schema now. */
  isChanging: boolean;
  /** Whether rows that are distributed were not removed from where they had been. */
  hasCopies: boolean;
  /** How far the figures of hours reach, if there are some. */
  hourly: HourlyState | undefined;
  /** Whether TimescaleDB could compress chunks, and is not told to. */
  isUncompressed: boolean;
  now: number;
}

/** Returns what to do about the storage. */
export function adviceOn(
  storage: Storage,
  { idsUsed, unfinished, isReplaced, widening, isChanging, hasCopies, hourly, isUncompressed, now }: Facts,
): Advice[] {
  const advice = [...gapsIn(storage), ...extensionOf(storage, now)];
  if (isChanging) {
    const text = 'Another process is changing the storage or the schema. Look again when it is done.';
    return [...advice, { due: false, text, command: null }];
  }
  const { form, leaves, idType } = storage;
  if (hasCopies) {
    advice.push({
      due: false,
      text: 'The coordinator still has the rows from before they were distributed, which nobody sees.',
      command: 'citus',
    });
  }
  if (unfinished) {
    advice.unshift({
      due: true,
      text: isReplaced
        ? 'A conversion was interrupted once the datapoints had their new form. Run again, it finishes.'
        : `A conversion was interrupted. Run again, it finishes; "webmacs db storage ${undoOf(unfinished, storage)}" undoes it.`,
      command: unfinished,
    });
  } else if (form === 'plain') {
    advice.push({
      due: false,
      text: 'In partitions by time, old datapoints would be pruned in a second, and their disk space freed; ids would be unique within a partition only.',
      command: 'partition',
      needsBytes: leaves.reduce((sum, leaf) => sum + (leaf.rows ?? 0), 0) * KEY_BYTES_A_ROW,
    });
  } else {
    advice.push(...gainsOf(storage, isUncompressed));
  }
  if (hourly?.until === null) {
    advice.push({
      due: true,
      text: 'The figures of hours were not finished, or compression was turned off since: they are not used. Run again, it finishes; --no-hourly drops them.',
      command: 'timescale --hourly',
    });
  } else if (hourly && hourly.changedHours > 0) {
    const hours = counted(hourly.changedHours, 'hour');
    const text = `The figures of ${hours} have changed, and are read from the datapoints until "webmacs db maintain" has run.`;
    advice.push({ due: false, text, command: null });
  }
  const isScarce = idsUsed !== null && idsUsed >= NEARLY_USED_PERCENT;
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
      command: canWiden ? 'widen' : null,
    });
  }
  return advice;
}

/** Returns what partitions or chunks would gain by a change, and what that would cost. */
function gainsOf(storage: Storage, isUncompressed: boolean): Advice[] {
  const bytes = storage.leaves.reduce((sum, leaf) => sum + leaf.bytes, 0);
  const [first] = storage.leaves;
  if (bytes <= SMALL_BYTES || !first) {
    return [];
  }
  if (isUncompressed) {
    const text = 'Compressed, chunks older than 30 days would take about a fifth of their disk space.';
    return [{ due: false, text, command: 'timescale --compress-after 30d' }];
  }
  if (isBounded(storage) && first.from === null && first.bytes > bytes / 2) {
    const text = `The partition ${first.leaf.name} has most of the datapoints: each ${storage.period ?? 'month'} by itself could be pruned in a second.`;
    return [{ due: false, text, command: 'split', needsBytes: first.bytes }];
  }
  return [];
}

/** Returns the advice to add what lies between two partitions, as one that was detached. */
export function gapsIn(storage: Storage): Advice[] {
  if (!isBounded(storage) || storage.leaves.some(({ leaf }) => leaf.above.length !== 1)) {
    return [];
  }
  return storage.leaves.flatMap(({ from }, at) => {
    const end = storage.leaves[at - 1]?.to ?? null;
    if (from === null || end === null || Date.parse(from) <= Date.parse(end)) {
      return [];
    }
    const text = `There is no partition from ${end} to ${from}: datapoints of that time are refused. Attach the one that was detached: ALTER TABLE datapoints ATTACH PARTITION ... FOR VALUES FROM ('${end}') TO ('${from}'). Or add one: CREATE TABLE ... PARTITION OF datapoints FOR VALUES ...`;
    return [{ due: true, text, command: null }];
  });
}

/** Returns the advice to add partitions, if the last one ends soon. */
function extensionOf(storage: Storage, now: number): Advice[] {
  if (!isBounded(storage)) {
    return [];
  }
  const last = storage.leaves.at(-1);
  const end = last?.to == null ? Number.POSITIVE_INFINITY : Date.parse(last.to);
  if (last && end >= now + NOTICE) {
    return [];
  }
  const when = last ? `The last partition ends on ${last.to}` : 'There is no partition';
  return [{ due: true, text: `${when}: later datapoints are refused.`, command: 'extend' }];
}
