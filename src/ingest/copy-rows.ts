import { InvalidInputError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import { BadLines } from './bad-lines.ts';
import type { Creation } from './creation.ts';
import { EventNames, type NamedEvent } from './event-names.ts';
import { type Block, FileRows } from './file-rows.ts';
import type { ImportRequest } from './import-request.ts';
import type { CreateEvent } from './plan/mapping.ts';
import { planFor, refuseUnknown } from './plan/plan-for.ts';
import type { ReadingPlan } from './plan/reading-plan.ts';
import { isRow, settleTimeFormat } from './plan/time-rules.ts';
import { leftOutNotes, planNotes } from './reading-notes.ts';
import { type RecordRules, readRecords } from './records.ts';
import { RowEncoder } from './row-encoder.ts';
import { takeSample } from './sample.ts';
import type { Tally } from './tally.ts';
import { timestampRules } from './time/timestamp-rules.ts';

/** A file, as text. */
export interface TextSource {
  text: AsyncIterable<string>;
  /** The text a second time, read if its first part does not show the order of day and month. */
  again: AsyncIterable<string> | undefined;
  /** Called with what the user should know about how it is read. */
  note(text: string): void;
}

/**
 * Turns the text of a file into rows for COPY, block by block. After a bad line that `skipBad` does not take, yields no more
 * rows, and throws at the end an error that lists the first bad lines.
 * @throws InvalidInputError
 */
export async function* copyRows(
  { text, again, note }: TextSource,
  request: ImportRequest,
  tally: Tally,
  creation: Creation,
): AsyncGenerator<Block> {
  const { sample, text: whole } = await takeSample(text, request.headerLine);
  const { plan, rows, rules } = await openTable({ sample, again }, request, tally, creation);
  for await (const records of readRecords(whole, rules)) {
    yield* rows.encode(records);
  }
  await rows.end();
  creation.addUnfilled(rows.unfilled);
  for (const sentence of [...planNotes(plan, request), ...leftOutNotes(rows.leftOut)]) {
    note(sentence);
  }
}

/** A table in a file, which is about to be read. */
export interface OpenTable {
  plan: ReadingPlan;
  rows: FileRows;
  /** How its text is split. */
  rules: RecordRules;
}

/**
 * Decides how a file is read.
 * @throws InvalidInputError
 */
export async function openTable(
  { sample, again }: { sample: string; again: AsyncIterable<string> | undefined },
  request: ImportRequest,
  tally: Tally,
  creation: Creation,
): Promise<OpenTable> {
  const names = new EventNames([...request.events, ...creation.events]);
  const { planEvent } = creation;
  const create: CreateEvent | undefined =
    planEvent &&
    ((name, unit) => {
      const event = planEvent(name, unit);
      names.add(event);
      return event;
    });
  const only = onlyEvent(request, names, create);
  const found = planFor(sample, request, { names, only, create });
  refuseUnknown(found, names);
  const { layout, table, values } = found;
  const format = await settleTimeFormat(found.time, layout.time, table, again);
  const plan = { ...found, time: { ...found.time, format } };
  const encoder = new RowEncoder(plan, names, {
    experimentPublicId: creation.experimentPublicId ?? request.experimentPublicId,
    newIds: request.newIds === true,
    create,
    times: {
      ...timestampRules(
        defined({ ...request, timezone: plan.time.timezone, timeFormat: format.name, decimal: values.decimal }),
      ),
      // As it was found, it reads fewer numbers.
      format,
    },
    counts: tally.timestamps,
    tally,
  });
  const badLines = new BadLines(plan, request.skipBad, request.maxBad);
  const { delimiter, comment, convert, firstLine } = table;
  return {
    plan,
    rows: new FileRows(plan, encoder, badLines, tally),
    rules: { delimiter, comment, convert, firstLine, isRow: (line) => isRow(line, delimiter, layout.time, format) },
  };
}

/** @throws InvalidInputError for an event that does not exist, and is not to be created */
function onlyEvent(
  { eventPublicId, newEvent }: ImportRequest,
  names: EventNames,
  create: CreateEvent | undefined,
): NamedEvent | undefined {
  const given = eventPublicId ?? newEvent;
  if (given === undefined) {
    return undefined;
  }
  const event = eventPublicId === undefined ? names.find(given) : names.byPublicId(given);
  const only = event ?? (eventPublicId === undefined ? create?.(given, undefined) : undefined);
  if (!only) {
    throw new InvalidInputError(`Event "${given}" not found.`);
  }
  return only;
}
