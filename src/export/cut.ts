import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ClientBase } from 'pg';
import { ConflictError, InvalidInputError } from '../errors.ts';
import type { Encoding, Shape } from './form.ts';
import { type Slice, sliceSelection, timeOf } from './query.ts';
import type { Content, SliceEnd } from './reorder-buffer.ts';
import { type EventRow, type ExportRequest, eventsOf } from './request.ts';

/** A state of an export from which another one can go on, while nothing before it has changed. Plain data. */
export interface ExportCut {
  /** All datapoints before this time are written: in microseconds since 1970. */
  before: string;
  /** What is written so far, as in `ExportResult`. */
  rows: number;
  datapoints: number;
  bytes: number;
  /** What it was made of. */
  content: Content;
  /** The events that may be among it, as they were. */
  events: readonly EventRow[];
  /** The SHA-256 of the header. */
  head: string;
}

/** Thrown if an export cannot go on after a cut, because what is before it has changed. */
export class ChangedError extends ConflictError {}

/** Takes the cuts of one export. */
export class Cuts {
  readonly #after: ExportCut;

  private constructor(after: ExportCut) {
    this.#after = after;
  }

  /**
   * @param after the cut to go on after
   * @throws ChangedError if what is before it has changed; InvalidInputError for a form that has no cuts
   */
  static async of(
    client: ClientBase,
    request: ExportRequest,
    { shape, encoding, head: bytes }: { shape: Shape; encoding: Encoding; head: Buffer },
    after: ExportCut | undefined,
  ): Promise<Cuts> {
    if (shape.inSequence || encoding.inSequence || encoding.assemble) {
      throw new InvalidInputError('An export can only be resumed if its file is written row by row.', {
        hint: 'Use CSV, TSV or NDJSON, and no --fill.',
      });
    }
    const head = createHash('sha256').update(bytes).digest('hex');
    const events = await eventsOf(client, request);
    const start = { rows: 0, datapoints: 0, bytes: bytes.length, content: { datapoints: 0, hash: '0' } };
    if (after !== undefined) {
      await checkUnchanged(client, request, after, { events, head });
    }
    return new Cuts({ ...(after ?? { ...start, before: '' }), events, head });
  }

  /** The cut at the end of a slice; the slices end in order. */
  next({ before, content }: SliceEnd, written: Pick<ExportCut, 'rows' | 'datapoints' | 'bytes'>): ExportCut {
    const { datapoints, hash } = this.#after.content;
    this.#after.content = {
      datapoints: datapoints + content.datapoints,
      hash: String(BigInt(hash) + BigInt(content.hash)),
    };
    return { ...this.#after, ...written, before: String(before) };
  }
}

/** The part of a request after a cut. */
export function restOf(request: ExportRequest, after: ExportCut | undefined): ExportRequest {
  return after === undefined ? request : { ...request, from: timeOf(BigInt(after.before)) };
}

/**
 * Returns the fingerprint of the datapoints of one slice, of all that an export may print of them. It takes the server a third of
 * the time of the export.
 */
export async function contentOf(client: ClientBase, request: ExportRequest, slice: Slice): Promise<Content> {
  return await contentIn(client, `datapoints d where ${sliceSelection(request, slice)}`);
}

/**
 * @param rows SQL for what follows FROM: rows `d`
 * @param hasIds whether their public ids belong to it
 */
export async function contentIn(client: ClientBase, rows: string, hasIds = true): Promise<Content> {
  const { rows: found } = await client.query<Content>(
    `select count(*)::float8 as datapoints, coalesce(sum(
        hashtextextended(${hasIds ? 'd.public_id' : "''"}, hashtextextended(coalesce(d.experiment_public_id, ''), hashtextextended(
          d.event_public_id, hashtextextended(d.value::text, hashint8extended(d.id, timestamp_hash_extended(
            d.timestamp at time zone 'UTC', 0))))))
      ), 0)::text as hash
     from ${rows}`,
  );
  return found[0] ?? { datapoints: 0, hash: '0' };
}

async function checkUnchanged(
  client: ClientBase,
  request: ExportRequest,
  { before, content, events, head }: ExportCut,
  now: Pick<ExportCut, 'events' | 'head'>,
): Promise<void> {
  const known = new Map(now.events.map((event) => [event.public_id, event]));
  // One that was deleted has taken its datapoints with it.
  const changed = events.find((event) => !isDeepStrictEqual(event, known.get(event.public_id) ?? event));
  if (changed) {
    throw new ChangedError(`The name or the unit of event "${changed.name}" has been changed since.`);
  }
  if (head !== now.head) {
    throw new ChangedError('The header would now be different.');
  }
  const to = BigInt(before);
  if (!isDeepStrictEqual(content, await contentOf(client, request, { to }))) {
    throw new ChangedError(`Datapoints before ${timeOf(to)} have been added, changed or deleted since.`);
  }
}
