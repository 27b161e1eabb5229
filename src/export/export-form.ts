import type { ClientBase } from 'pg';
import { Csv } from './encoding/csv.ts';
import type { Encoding, Shape } from './form.ts';
import { type EventRow, type ExportRequest, eventsOf } from './request.ts';
import { Long } from './shape/long.ts';
import { type TimeFormat, WRITE_TIME } from './time-text.ts';

/** What the file looks like: its records, and how they and their times are written. Plain data. */
export interface ExportForm {
  /** One record for each datapoint (default). */
  shape: { kind: 'long' };
  encoding: { kind: 'csv' };
  time: { format: TimeFormat };
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
): Promise<{ shape: Shape; encoding: Encoding }> {
  const encoding = encodingOf(form);
  return { shape: shapeOf(form, request, await eventsOf(client, request), encoding), encoding };
}

function encodingOf({ encoding, time }: ExportForm): Encoding {
  switch (encoding.kind) {
    case 'csv':
      return new Csv(WRITE_TIME[time.format]);
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
