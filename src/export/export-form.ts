import type { ClientBase } from 'pg';
import { Csv, type CsvForm } from './encoding/csv.ts';
import { Ndjson, type NdjsonForm } from './encoding/ndjson.ts';
import type { Changes, Encoding, Shape } from './form.ts';
import { type EventRow, type ExportRequest, eventsOf } from './request.ts';
import { Long } from './shape/long.ts';
import { isNumeric, type TimeForm, timeWriter, type WriteTime } from './time-text.ts';

/** What the file looks like: its records, and how they and their times are written. Plain data. */
export interface ExportForm {
  /** One record for each datapoint (default). */
  shape: { kind: 'long' };
  encoding: CsvForm | NdjsonForm;
  time: TimeForm;
}

export const DEFAULT_FORM: ExportForm = {
  shape: { kind: 'long' },
  encoding: { kind: 'csv' },
  time: { format: 'fixed' },
};

/**
 * Prepares what turns the rows of a request into a file.
 * @throws NotFoundError for an unknown event
 */
export async function prepareForm(
  client: ClientBase,
  request: ExportRequest,
  form: ExportForm,
): Promise<{ shape: Shape; encoding: Encoding; changes: Changes }> {
  const changes: Changes = { formulas: 0, cutTimes: 0 };
  const writeTime = timeWriter(form.time, {
    decimal: (form.encoding.kind === 'csv' && form.encoding.decimal) || '.',
    origin: { seconds: 0, micros: 0 },
    onCut: () => changes.cutTimes++,
  });
  const encoding = encodingOf(form, writeTime, changes);
  return { shape: shapeOf(form, request, await eventsOf(client, request), encoding), encoding, changes };
}

function encodingOf({ encoding, time }: ExportForm, writeTime: WriteTime, changes: Changes): Encoding {
  switch (encoding.kind) {
    case 'csv':
      return new Csv(encoding, writeTime, changes);
    case 'ndjson':
      return new Ndjson(encoding, writeTime, isNumeric(time));
  }
}

function shapeOf(
  { shape }: ExportForm,
  request: ExportRequest,
  events: readonly EventRow[],
  encoding: Encoding,
): Shape {
  switch (shape.kind) {
    case 'long':
      return new Long(request, events, encoding);
  }
}
