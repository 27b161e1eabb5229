import type { ClientBase } from 'pg';
import { STORAGE_FORM } from '../database/layouts/storage-form.ts';
import { chunksOf } from '../database/leaves.ts';
import { isoTimestamp } from '../entities/types.ts';
import { uuidv7 } from '../entities/uuid.ts';
import { ConflictError, DatabaseError } from '../errors.ts';
import { counted } from '../text/counted.ts';
import { excerpt } from '../text/printable.ts';
import {
  deleteImported,
  deletePresent,
  type Found,
  findDuplicates,
  narrowed,
  OWN,
  ownInChunks,
  rangeOf,
  readInOrder,
  type Window,
  type Written,
} from './duplicate-rows.ts';
import { lockEvents } from './event-locks.ts';
import type { WrittenRows } from './imports/written-rows.ts';
import type { Tally } from './tally.ts';
import type { Timestamp } from './time/timestamp.ts';

/**
 * What to do with a datapoint when there is one of the same event and timestamp, in the database or further up in the file:
 * - `error`: import nothing
 * - `skip`: leave it out; of several in the file, the first is imported
 * - `replace`: delete those in the database; of several in the file, the last is imported
 * - `keep`: import all of several in the file; if the database has one, import nothing
 */
export const ON_DUPLICATE = ['error', 'skip', 'replace', 'keep'] as const;
export type OnDuplicate = (typeof ON_DUPLICATE)[number];

export interface DuplicateSettings {
  onDuplicate: OnDuplicate;
  lockTimeoutSeconds: number;
  /** Returns which rows were written so far. */
  trace(): Promise<WrittenRows>;
}

/** What became of the duplicates. */
export interface Settled {
  /** Datapoints of the file that were left out. */
  skipped: number;
  /** Those of them whose value no datapoint of that event and timestamp before them has; only counted for `skip`. */
  differing: number;
  /** Datapoints in the database that were deleted. */
  replaced: number;
}

export const NO_DUPLICATES: Settled = { skipped: 0, differing: 0, replaced: 0 };

/** The rows of an event in the database at the time its lock was taken, as text. */
interface Neighbours {
  /** The earliest timestamp that had been read by then. */
  start: string;
  /** The first timestamp in the database from there on, and the last of all; null if there is none. */
  next: string | null;
  newest: string | null;
}

/**
 * Finds duplicates by event and timestamp, in the transaction of an import. Datapoints with a public id of their own are judged
 * by it alone, so they are not looked at here.
 */
export class Duplicates {
  readonly #client: ClientBase;
  readonly #tally: Tally;
  readonly #settings: DuplicateSettings;
  readonly #neighbours = new Map<string, Neighbours>();

  constructor(client: ClientBase, tally: Tally, settings: DuplicateSettings) {
    this.#client = client;
    this.#tally = tally;
    this.#settings = settings;
  }

  /** @throws DatabaseError if the role lacks a privilege that finding or deleting duplicates needs */
  async requirePrivileges(): Promise<void> {
    const { onDuplicate } = this.#settings;
    const needed = onDuplicate === 'skip' || onDuplicate === 'replace' ? ['select', 'delete'] : ['select'];
    const { rows } = await this.#client.query<{ role: string; privilege: string }>(
      `select current_user as role, privilege from unnest($1::text[]) as privilege
        where not has_table_privilege('datapoints', privilege)`,
      [needed],
    );
    const [lacking] = rows;
    if (lacking) {
      throw new DatabaseError(
        `The role "${lacking.role}" lacks the privilege ${lacking.privilege.toUpperCase()} on the table datapoints, which the check for duplicates needs (--on-duplicate ${onDuplicate}).`,
        { hint: 'Nothing was imported. Connect as the owner of the tables, or have the privilege granted.' },
      );
    }
  }

  /** Locks the events whose first row is about to be written, and looks up where in the database their rows belong. */
  async watch(): Promise<void> {
    const events = this.#tally.takeUnwatched();
    if (events.length === 0) {
      return;
    }
    const ids = events.map(({ event }) => event.publicId);
    await lockEvents(this.#client, ids, this.#settings.lockTimeoutSeconds);
    // Compared by both columns of their index, so that no other one is used.
    for (const { event, first } of events) {
      const { rows } = await this.#client.query<Neighbours>(
        `select $2::timestamptz::text as start,
                (select timestamp::text from datapoints
                  where event_public_id = $1 and (event_public_id, timestamp) >= ($1, $2::timestamptz)
                  order by event_public_id, timestamp limit 1) as next,
                (select timestamp::text from datapoints
                  where event_public_id = $1 and (event_public_id, timestamp) <= ($1, 'infinity')
                  order by event_public_id desc, timestamp desc limit 1) as newest`,
        [event.publicId, first?.text],
      );
      for (const neighbours of rows) {
        this.#neighbours.set(event.publicId, neighbours);
      }
    }
  }

  /**
   * Checks the rows that were written, and deletes those that are not to stay.
   * @throws ConflictError
   */
  async settle(): Promise<Settled> {
    const { onDuplicate } = this.#settings;
    const settled = { ...NO_DUPLICATES };
    const windows = await this.#windows();
    if (windows.length === 0) {
      return settled;
    }
    const written = await this.#written();
    await readInOrder(this.#client);
    const found: Found[] = [];
    for (const window of windows) {
      for (const narrow of await narrowed(this.#client, window)) {
        found.push(await findDuplicates(this.#client, narrow, written, onDuplicate !== 'keep'));
      }
    }
    const duplicates = found.filter(({ inDatabase, inFile }) => inDatabase + inFile > 0);
    if (duplicates.length > 0 && (onDuplicate === 'error' || onDuplicate === 'keep')) {
      throw duplicatesFound(duplicates);
    }
    for (const each of duplicates) {
      const deleteFrom = onDuplicate === 'skip' ? deleteImported : deletePresent;
      const deleted = await deleteFrom(this.#client, each, written);
      settled.skipped += deleted.skipped;
      settled.differing += deleted.differing;
      settled.replaced += deleted.replaced;
    }
    return settled;
  }

  /** Returns the extremes of the timestamps of the rows that are left, as text, once some have been deleted. */
  async extremes(): Promise<string[]> {
    return await rangeOf(this.#client, [...this.#tally.events.keys()], this.#tally.extremes, await this.#written());
  }

  /** Returns where duplicates are possible: nowhere for an event whose rows rise, and fit between two in the database. */
  async #windows(): Promise<Window[]> {
    const { events } = this.#tally;
    const rows = [...this.#neighbours].flatMap(([id, neighbours]) => {
      const read = events.get(id);
      return read ? [{ id, read, neighbours }] : [];
    });
    const keeps = this.#settings.onDuplicate === 'keep';
    const { rows: windows } = await this.#client.query<{ id: string; first: string; last: string }>(
      `select id, (case when apart then greatest(first, next) else first end)::text as first,
              (case when apart then least(last, newest) else last end)::text as last
         from (select *, rises and first >= start as apart
                 from unnest($1::text[], $2::boolean[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[],
                             $6::timestamptz[], $7::timestamptz[]) as e (id, rises, first, last, start, next, newest)) as e
        where not (apart and (next is null or last < next))`,
      [
        rows.map(({ id }) => id),
        rows.map(({ read }) => read.rising || keeps),
        rows.map(({ read }) => exact(read.first, '-infinity')),
        rows.map(({ read }) => exact(read.last, 'infinity')),
        rows.map(({ neighbours }) => neighbours.start),
        rows.map(({ neighbours }) => neighbours.next),
        rows.map(({ neighbours }) => neighbours.newest),
      ],
    );
    return windows.flatMap(({ id, first, last }) => {
      const read = events.get(id);
      return read ? [{ event: read.event, first, last }] : [];
    });
  }

  async #written(): Promise<Written> {
    const { rows } = await this.#client.query<{ distributed: boolean; hasLeaves: boolean }>(
      `select ${STORAGE_FORM} = 'distributed' as distributed, relhassubclass as "hasLeaves"
         from pg_class c where oid = 'datapoints'::regclass`,
    );
    const [{ distributed, hasLeaves } = { distributed: false, hasLeaves: true }] = rows;
    // Without limits of their ids, what the server decompresses meanwhile is not told from what it writes: it refuses OWN there.
    const { ids } = await this.#settings.trace();
    const chunks = ids && (await chunksOf(this.#client));
    const which = chunks ? ownInChunks(chunks, ids) : { own: OWN };
    const written = { ...which, byId: distributed || chunks !== undefined, hasLeaves };
    return this.#tally.withIds ? { ...written, ids: [this.#tally.leastId, uuidv7()] } : written;
  }
}

/** A timestamp as text; the limit if it may be mistaken for another one, since it is too far away for a number. */
function exact(timestamp: Timestamp | undefined, limit: string): string {
  return timestamp && Number.isSafeInteger(timestamp.microseconds) ? timestamp.text : limit;
}

/** Says how many there are of which kind, and which is the first. */
function duplicatesFound(found: readonly Found[]): ConflictError {
  const sum = (key: 'inDatabase' | 'inFile') => found.reduce((total, each) => total + each[key], 0);
  const [inDatabase, inFile] = [sum('inDatabase'), sum('inFile')];
  const first = found.reduce((least, each) => (each.epoch < least.epoch ? each : least));
  const kinds = [
    ...(inDatabase > 0 ? [`${counted(inDatabase, 'datapoint is', 'datapoints are')} already in the database`] : []),
    ...(inFile > 0 ? [`${counted(inFile, 'datapoint is', 'datapoints are')} in the file twice`] : []),
  ];
  const skip = '--on-duplicate skip';
  return new ConflictError(
    `${kinds.join(', and ')}, by event and time; the first is ${excerpt(first.event.name)} at ${isoTimestamp(first.first)}.`,
    {
      hint: `Nothing was imported. ${
        inDatabase > 0
          ? `To import only what is new, pass ${skip}; to delete those in the database instead, --on-duplicate replace.`
          : `To import all of them, pass --on-duplicate keep; to import only the first of each, ${skip}.`
      }`,
    },
  );
}
