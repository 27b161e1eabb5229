import { InvalidInputError } from '../errors.ts';
import { BadLines } from './bad-lines.ts';
import { readCsvLayout } from './csv-layout.ts';
import { EventNames } from './event-names.ts';
import type { ImportRequest } from './import-request.ts';
import type { CsvRecord } from './records.ts';
import { RowEncoder } from './row-encoder.ts';
import type { Tally } from './tally.ts';
import { timestampRules } from './time/timestamp-rules.ts';

/** Bounds the text passed on at once: a line of a wide file becomes many times as long. */
const BLOCK_CHARACTERS = 128 * 1024;

/** Rows in the text format of COPY. */
export interface Block {
  text: string;
  rows: number;
}

/** What the header and the request determine. */
interface Plan {
  encoder: RowEncoder;
  badLines: BadLines;
}

/**
 * Turns the records of a CSV file into rows for COPY, block by block. After a bad line that `skipBad` does not take, yields
 * no more rows, and throws at the end an error that lists the first bad lines.
 * @param batches the records, the header first
 * @throws InvalidInputError
 */
export async function* copyRows(
  batches: AsyncIterable<CsvRecord[]>,
  request: ImportRequest,
  tally: Tally,
): AsyncGenerator<Block> {
  let plan: Plan | undefined;
  for await (const records of batches) {
    plan ??= readPlan(records.shift(), request, tally);
    if (plan) {
      yield* encodeRecords(records, plan, tally);
    }
  }
  if (!plan) {
    throw new InvalidInputError('The file is empty.', { hint: 'It needs at least a header.' });
  }
  plan.badLines.check();
  plan.encoder.finish();
  await plan.badLines.flush();
}

function readPlan(header: CsvRecord | undefined, request: ImportRequest, tally: Tally): Plan | undefined {
  if (!header) {
    return undefined;
  }
  if (header.problem !== undefined) {
    throw new InvalidInputError(`Line ${header.line}, the header: ${header.problem}.`);
  }
  const names = new EventNames(request.events);
  const { eventPublicId, experimentPublicId, decimal = '.', newIds = false } = request;
  const only = eventPublicId === undefined ? undefined : names.byPublicId(eventPublicId);
  if (eventPublicId !== undefined && !only) {
    throw new InvalidInputError(`There is no event "${eventPublicId}".`);
  }
  const encoder = new RowEncoder(readCsvLayout(header.fields, names, only), names, {
    experimentPublicId,
    decimal,
    newIds,
    times: timestampRules(request),
    counts: tally.timestamps,
    seen: tally.events,
  });
  return { encoder, badLines: new BadLines(header.text, request.skipBad) };
}

async function* encodeRecords(
  records: readonly CsvRecord[],
  { encoder, badLines }: Plan,
  tally: Tally,
): AsyncGenerator<Block> {
  let block = { text: '', rows: 0 };
  for (const record of records) {
    const encoded = record.problem === undefined ? encoder.encode(record) : { problem: record.problem };
    if ('problem' in encoded) {
      if (record.fields.length > 1 && record.fields.every((field) => field.trim() === '')) {
        continue;
      }
      await badLines.add(record, encoded.problem);
      tally.bad = badLines.count;
      if (badLines.fatal) {
        badLines.check();
      }
    } else if (badLines.tolerated) {
      block.text += encoded.text;
      block.rows += encoded.rows;
      tally.addRows(encoded);
      if (block.text.length >= BLOCK_CHARACTERS) {
        yield block;
        block = { text: '', rows: 0 };
      }
    }
  }
  // Once a line is bad, the rows before it in this block are not wanted either.
  if (badLines.tolerated && block.rows > 0) {
    yield block;
  }
}
