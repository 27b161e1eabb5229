import { addAbortSignal } from 'node:stream';
import { decode } from '../decode.ts';
import { type PlanContext, planFor } from '../plan/plan-for.ts';
import type { ReadingOptions } from '../plan/reading-options.ts';
import type { ReadingPlan } from '../plan/reading-plan.ts';
import { settleTimeFormat, timeText } from '../plan/time-rules.ts';
import { takeSample } from '../sample.ts';
import { type NamedSource, readable, reopened } from '../sources.ts';
import { TimestampReader } from '../time/timestamp.ts';

/** A file, and how an import reads it. */
export interface PlannedFile {
  encoding: string;
  /** Whole lines from its start. */
  sample: string;
  /** The text from its start. */
  text: AsyncIterable<string>;
  plan: ReadingPlan;
  /** Whether there are times without an offset. */
  isLocal: boolean;
  /** Sentences on the encoding. */
  notes: string[];
}

/** Receives what is known of a file before it is planned. */
export type OnSample = (known: { encoding: string; sample: string }) => void;

export interface PlanFileOptions {
  signal: AbortSignal;
  /** Called before the file is planned, which may fail. */
  onSample?: OnSample;
  /** Called with the bytes of each piece. */
  onBytes?(bytes: number): void;
}

/**
 * Opens a file, plans how it is read, as an import does, and passes it on.
 * @throws AmbiguousFileError if the file leaves more than one answer; InvalidInputError if it cannot be read
 */
export async function withPlannedFile<T>(
  { open, again }: Pick<NamedSource, 'open' | 'again'>,
  options: ReadingOptions,
  context: PlanContext,
  { signal, onSample, onBytes }: PlanFileOptions,
  work: (file: PlannedFile) => Promise<T>,
): Promise<T> {
  const notes: string[] = [];
  let encoding = 'utf-8';
  const input = addAbortSignal(signal, readable(await open()));
  try {
    const pieces = onBytes ? counting(input, onBytes) : input;
    const { sample, text } = await takeSample(
      decode(pieces, {
        encoding: options.encoding,
        note: (sentence) => notes.push(sentence),
        chosen: (chosen) => {
          encoding = chosen;
        },
      }),
    );
    onSample?.({ encoding, sample });
    const found = planFor(sample, options, context);
    const whole = again && reopened(again, options.encoding);
    const format = await settleTimeFormat(found.time, found.layout.time, found.table, whole);
    const plan = { ...found, time: { ...found.time, format } };
    return await work({ encoding, sample, text, plan, isLocal: hasLocalTimes(plan, options), notes });
  } finally {
    input.destroy();
  }
}

async function* counting(
  input: AsyncIterable<Buffer | string>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer | string> {
  for await (const piece of input) {
    onBytes(piece.length);
    yield piece;
  }
}

/** Whether the times of the first part, or the time from which they count, have no offset. */
function hasLocalTimes({ table, layout, time }: ReadingPlan, { start }: ReadingOptions): boolean {
  if (time.format.elapsed) {
    const first = start === undefined ? 'skip' : new TimestampReader().read(start);
    return first !== 'skip' && 'problem' in first;
  }
  return table.rows.some(({ fields }) => {
    const clock = time.format.parse(timeText(fields, layout.time).trim());
    return clock !== undefined && clock.offsetMinutes === undefined;
  });
}
