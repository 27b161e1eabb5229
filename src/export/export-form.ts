import type { ClientBase } from 'pg';
import type { Hours } from '../database/hours.ts';
import { InvalidInputError } from '../errors.ts';
import { chosenColumns } from './chosen-columns.ts';
import { Csv, type CsvForm } from './encoding/csv.ts';
import { Ndjson, type NdjsonForm } from './encoding/ndjson.ts';
import { MAX_DIGITS } from './encoding/number-text.ts';
import type { ParquetForm } from './encoding/parquet/parquet.ts';
import type { XlsxForm } from './encoding/xlsx/xlsx.ts';
import type { Extent } from './extent.ts';
import type { Changes, Encoding, Shape } from './form.ts';
import { metadataOf, preambleOf } from './preamble.ts';
import { type ExportRequest, eventsOf, experimentsNamed, experimentsOf, startOf } from './request.ts';
import { aggregateOfHours, DEFAULT_AGGREGATES } from './shape/aggregates.ts';
import type { BucketForm } from './shape/bucket-form.ts';
import { Long } from './shape/long.ts';
import { eventsInFile, type HeaderStyle, titledEvents } from './shape/titled-events.ts';
import { Wide, type WideDuplicates } from './shape/wide.ts';
import { checkSheetRows } from './sheet-limit.ts';
import { hasZone, isNumeric, type TimeForm, timeWriter, type WriteTime } from './time-text.ts';

/** What the file looks like: its records, and how they and their times are written. Plain data. */
export interface ExportForm {
  /**
   * One record for each datapoint (default), by default with its public id, and in an archive by event; for each timestamp with a column for each event; or for
   * each bucket of time.
   */
  shape:
    | { kind: 'long'; ids?: boolean; archived?: boolean }
    | { kind: 'wide'; onDuplicate?: WideDuplicates; headerStyle?: HeaderStyle }
    | BucketForm;
  encoding: CsvForm | NdjsonForm | ParquetForm | XlsxForm;
  time: TimeForm;
  /** The titles of the columns, in their order; by default all that the shape has. */
  columns?: readonly string[];
  /** Whether the file says what its data is: above the header, or as key-value pairs. */
  preamble?: { program: string };
}

export const DEFAULT_FORM: ExportForm = {
  shape: { kind: 'long' },
  encoding: { kind: 'csv' },
  time: { format: 'fixed' },
};

const HOUR_SECONDS = 3600;

const NO_CHANGES: Changes = {
  ...{ formulas: 0, cutTimes: 0, duplicates: 0 },
  ...{ nanValues: 0, sparseBuckets: 0, longGaps: 0, unfilledCells: 0 },
};

/** Returns the form, or the default one. Parquet has moments in UTC, whatever the time zone. */
export function resolveForm(form: ExportForm = DEFAULT_FORM): ExportForm {
  return form.encoding.kind === 'parquet' ? { ...form, time: { format: 'epoch' } } : form;
}

/** Whether a form can be made of hours: buckets of whole ones, with the same bytes as of their datapoints. */
export function readsHours({ shape }: ExportForm = DEFAULT_FORM): boolean {
  return (
    shape.kind === 'buckets' &&
    shape.seconds % HOUR_SECONDS === 0 &&
    (shape.aggregates ?? DEFAULT_AGGREGATES).every(aggregateOfHours)
  );
}

/**
 * Prepares what turns the rows of a request into a file; buckets may be read from hours, which are certain to have the same figures.
 * @throws NotFoundError for an unknown event, InvalidInputError for a form that is not possible
 */
export async function prepareForm(
  client: ClientBase,
  selected: { request: ExportRequest; extent: Extent; hours?: readonly Hours[] },
  form: ExportForm,
): Promise<{ shape: Shape; encoding: Encoding; changes: Changes }> {
  checkForm(form, selected.request);
  const changes: Changes = { ...NO_CHANGES };
  const origin = form.time.format === 'relative' ? await startOf(client, selected.request) : undefined;
  const writeTime = timeWriter(form.time, {
    decimal: (form.encoding.kind === 'csv' && form.encoding.decimal) || '.',
    origin: origin ?? { seconds: 0, micros: 0 },
    onCut: () => changes.cutTimes++,
  });
  if (form.encoding.kind === 'xlsx' && form.shape.kind === 'long') {
    await checkSheetRows(client, selected.request);
  }
  const encoding = await encodingOf(client, selected, form, { writeTime, changes });
  const shape = await shapeOf(client, selected, form, { encoding, changes });
  return { shape: form.columns ? chosenColumns(shape, form.columns) : shape, encoding, changes };
}

/** Checks what the types leave open. */
function checkForm({ shape, encoding, columns, preamble }: ExportForm, request: ExportRequest): void {
  if (shape.kind !== 'long' && experimentsNamed(request).length > 1) {
    throw new InvalidInputError('Only a long export of several experiments says which one each row belongs to.', {
      hint: 'Pass --layout per-experiment, or leave out --wide and --every.',
    });
  }
  const digits = 'digits' in encoding ? encoding.digits : undefined;
  if (digits !== undefined && !(Number.isInteger(digits) && digits >= 0 && digits <= MAX_DIGITS)) {
    throw new InvalidInputError(`Numbers cannot have ${digits} decimals.`, { hint: `Use 0 to ${MAX_DIGITS}.` });
  }
  if (encoding.kind === 'csv' && encoding.decimal === ',' && (encoding.delimiter ?? ',') === ',') {
    throw new InvalidInputError('A comma cannot be both the decimal sign and the delimiter.', {
      hint: 'Use another delimiter, such as ";".',
    });
  }
  if (preamble && encoding.kind !== 'csv' && encoding.kind !== 'parquet') {
    throw new InvalidInputError(`A file in the format ${encoding.kind} has no place for a preamble.`, {
      hint: 'Leave it out, or use CSV or Parquet.',
    });
  }
  if (columns?.length === 0) {
    throw new InvalidInputError('The file would have no columns.', { hint: 'Name at least one.' });
  }
}

/** What only a format needs is loaded for this only. */
async function encodingOf(
  client: ClientBase,
  selected: { request: ExportRequest; extent: Extent },
  form: ExportForm,
  { writeTime, changes }: { writeTime: WriteTime; changes: Changes },
): Promise<Encoding> {
  const { encoding, time } = form;
  const preamble = await preambleOf(client, selected, form);
  switch (encoding.kind) {
    case 'csv':
      return new Csv(encoding, writeTime, changes, preamble);
    case 'ndjson':
      return new Ndjson(encoding, writeTime, isNumeric(time));
    case 'parquet': {
      const { Parquet } = await import('./encoding/parquet/parquet.ts');
      return new Parquet({ ...encoding, ...(preamble.length > 0 && { metadata: metadataOf(preamble) }) });
    }
    case 'xlsx': {
      const { Xlsx } = await import('./encoding/xlsx/xlsx.ts');
      return new Xlsx(await eventsInFile(client, selected.request, selected.extent), writeTime);
    }
  }
}

/** As with formats, what only buckets need is loaded for them only. */
async function shapeOf(
  client: ClientBase,
  { request, extent, hours = [] }: { request: ExportRequest; extent: Extent; hours?: readonly Hours[] },
  { shape, time }: ExportForm,
  { encoding, changes }: { encoding: Encoding; changes: Changes },
): Promise<Shape> {
  switch (shape.kind) {
    case 'long': {
      const { ids: hasIds = true, archived: isArchived = false } = shape;
      const experiments = await experimentsOf(client, isArchived ? {} : request);
      return new Long(request, await eventsOf(client, request), experiments, { encoding, hasIds, isArchived });
    }
    case 'wide': {
      const { onDuplicate = 'error', headerStyle = 'name-unit' } = shape;
      return new Wide(request, await titledEvents(client, request, extent, headerStyle), { onDuplicate, changes });
    }
    case 'buckets': {
      const { bucketsOf } = await import('./shape/bucket-form.ts');
      const timezone = hasZone(time) ? time.timezone : undefined;
      return await bucketsOf(client, { request, extent, hours }, shape, { encoding, changes, timezone });
    }
  }
}
