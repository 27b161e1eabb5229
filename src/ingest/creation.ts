import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { ClientBase } from 'pg';
import { databaseFailure, failureCode } from '../database/failure.ts';
import { rowName } from '../domain/checks.ts';
import { checkedEvent, type EventDefinition } from '../domain/events.ts';
import { Event, Experiment } from '../entities/index.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import { excerpt } from '../text/printable.ts';
import type { NamedEvent } from './event-names.ts';
import type { CreateEvent } from './plan/mapping.ts';
import { rangeAround } from './value-range.ts';

/** More names are those of a column that does not name events. */
const MAX_EVENTS = 10_000;
/** The unit of an event that has none, or an unknown one. */
export const NO_UNIT = '-';

/** What an import creates, in its transaction, besides datapoints. */
export interface CreationRequest {
  /** Of a database with events and experiments. */
  em: EntityManager;
  /** The owner of what is created. */
  ownerPublicId: string;
  /** Creates the events that a file names and that do not exist. */
  events?: NewEvents;
  /** Creates an experiment of all rows with this name, from the first to the last of them. */
  experiment?: string;
}

/** What new events have, besides what the file says. */
export interface NewEvents {
  /** The unit of those for which the file has none; default: a dash. */
  unit?: string;
  /** Their range, by default around the data. */
  min?: number;
  max?: number;
}

/** An event that an import has created. */
export interface CreatedEvent extends NamedEvent {
  unit: string;
  minValue: number;
  maxValue: number;
}

/** An experiment that an import has created. */
export interface CreatedExperiment {
  publicId: string;
  name: string;
  startedOn: string;
  stoppedOn: string;
}

/** The first and the last timestamp, ISO 8601; undefined without rows. */
export interface Extent {
  first: string | undefined;
  last: string | undefined;
}

/** What an import has created. */
export interface Created {
  createdEvents: CreatedEvent[];
  createdExperiment: CreatedExperiment | undefined;
}

/** Creates what an import needs. */
export class Creation {
  /** The public id of the experiment that will be created. */
  readonly experimentPublicId: string | undefined;
  readonly #request: CreationRequest | undefined;
  /** By public id, those of which a row has been read. */
  readonly #used: { has(publicId: string): boolean };
  readonly #planned = new Map<string, CreatedEvent>();
  readonly #inserted = new Map<string, CreatedEvent>();
  /** Those of transactions before. */
  readonly #settled: CreatedEvent[] = [];
  readonly #unfilled = new Set<string>();
  #isExperimentInserted = false;

  /**
   * @param used the public ids of the events of all rows so far
   * @throws InvalidInputError for a name that an experiment cannot have
   */
  constructor(request: CreationRequest | undefined, used: { has(publicId: string): boolean }) {
    this.#request = request;
    this.#used = used;
    this.experimentPublicId = request?.experiment === undefined ? undefined : randomUUID();
    if (request?.experiment !== undefined) {
      rowName('name of the experiment', request.experiment);
    }
  }

  /** The events that files have named; they are inserted once there are rows for them. */
  get events(): readonly NamedEvent[] {
    return [...this.#settled, ...this.#inserted.values(), ...this.#planned.values()];
  }

  /** Adds the names of columns without a value, for which no event has been planned. */
  addUnfilled(names: readonly string[]): void {
    for (const name of names) {
      this.#unfilled.add(name);
    }
  }

  /** The names of the events that are not created, for there is no value of them. */
  get withoutValues(): string[] {
    const planned = [...this.#planned.values()].filter(({ publicId }) => !this.#used.has(publicId));
    const created = new Set(this.events.map(({ name }) => name));
    return [...planned.map(({ name }) => name), ...[...this.#unfilled].filter((name) => !created.has(name))];
  }

  /**
   * Plans an event, unless none are to be created.
   * @throws InvalidInputError for a name or a unit that an event cannot have
   */
  get planEvent(): CreateEvent | undefined {
    const given = this.#request?.events;
    return given && ((name, unit = given.unit ?? NO_UNIT) => this.#plan(name, unit, given));
  }

  #plan(name: string, unit: string, range: NewEvents): NamedEvent {
    if (this.#settled.length + this.#inserted.size + this.#planned.size >= MAX_EVENTS) {
      throw new InvalidInputError(`More than ${MAX_EVENTS} events would be created, the next one ${excerpt(name)}.`, {
        hint: 'Does the column that names the event hold something else? Choose it with --event-column.',
      });
    }
    const [minValue, maxValue] = rangeAround(undefined, range);
    const event = { publicId: randomUUID(), ...definition({ name, unit, minValue, maxValue }) };
    this.#planned.set(event.publicId, event);
    return { publicId: event.publicId, name, ...defined({ minValue: range.min, maxValue: range.max }) };
  }

  /** Whether rows have been read that need something to be inserted before they are. */
  get isDue(): boolean {
    return (this.experimentPublicId !== undefined && !this.#isExperimentInserted) || this.#due().length > 0;
  }

  #due(): CreatedEvent[] {
    return [...this.#planned.values()].filter(({ publicId }) => this.#used.has(publicId));
  }

  /**
   * Inserts what the rows read so far need.
   * @throws ConflictError for a name that is taken
   */
  async insert(client: ClientBase): Promise<void> {
    if (!this.#request) {
      return;
    }
    const { em, ownerPublicId: user, experiment: name } = this.#request;
    if (this.experimentPublicId !== undefined && name !== undefined && !this.#isExperimentInserted) {
      this.#isExperimentInserted = true;
      const row = { publicId: this.experimentPublicId, name, startedOn: null, stoppedOn: null, user };
      await inserted(client, em.createQueryBuilder(Experiment).insert(row).toQuery(), {
        owner: user,
        taken: `Experiment "${name}" already exists.`,
        hint: 'Nothing was imported. Choose another name, or add the rows to it with --experiment.',
      });
    }
    for (const event of this.#due()) {
      const row = { ...event, eventType: 'sensor' as const, user };
      await inserted(client, em.createQueryBuilder(Event).insert(row).toQuery(), {
        owner: user,
        taken: `Another session has created the event "${event.name}" in the meantime.`,
        hint: 'Nothing was imported. Run the command again, which then uses that event.',
      });
      this.#planned.delete(event.publicId);
      this.#inserted.set(event.publicId, event);
    }
  }

  /**
   * Gives the events the range of their rows, and the experiment its times, once all rows are written.
   * @param extent without rows, the experiment is not kept
   */
  async settle(client: ClientBase, { first, last }: Extent): Promise<Created> {
    const createdEvents = await this.#settleEvents(client);
    const { experimentPublicId: publicId } = this;
    const name = this.#request?.experiment;
    if (publicId === undefined || name === undefined) {
      return { createdEvents, createdExperiment: undefined };
    }
    if (first === undefined || last === undefined) {
      await client.query('delete from experiments where public_id = $1', [publicId]);
      return { createdEvents, createdExperiment: undefined };
    }
    await client.query('update experiments set started_on = $2, stopped_on = $3 where public_id = $1', [
      publicId,
      first,
      last,
    ]);
    return { createdEvents, createdExperiment: { publicId, name, startedOn: first, stoppedOn: last } };
  }

  async #settleEvents(client: ClientBase): Promise<CreatedEvent[]> {
    const given = this.#request?.events ?? {};
    const publicIds = [...this.#inserted.keys()];
    if (publicIds.length > 0 && (given.min === undefined || given.max === undefined)) {
      // All of their rows are those of this transaction.
      const { rows } = await client.query<{ id: string; least: number; greatest: number }>(
        `select event_public_id as id, min(value) as least, max(value) as greatest from datapoints
          where event_public_id = any ($1) and value not in ('NaN', 'Infinity', '-Infinity') group by event_public_id`,
        [publicIds],
      );
      for (const { id, ...values } of rows) {
        const event = this.#inserted.get(id);
        if (event) {
          const [minValue, maxValue] = rangeAround(values, given);
          this.#inserted.set(id, { ...event, minValue, maxValue });
        }
      }
      const events = [...this.#inserted.values()];
      await client.query(
        `update events set min_value = range.low, max_value = range.high
           from unnest($1::text[], $2::float8[], $3::float8[]) as range (id, low, high) where public_id = range.id`,
        [publicIds, events.map(({ minValue }) => minValue), events.map(({ maxValue }) => maxValue)],
      );
    }
    const created = [...this.#inserted.values()];
    this.#settled.push(...created);
    this.#inserted.clear();
    return created;
  }
}

/** @throws InvalidInputError that names the event */
function definition(event: Omit<EventDefinition, 'eventType'>): Omit<EventDefinition, 'eventType'> {
  try {
    checkedEvent({ ...event, eventType: 'sensor' });
    return event;
  } catch (error) {
    throw error instanceof InvalidInputError
      ? new InvalidInputError(`The event ${excerpt(event.name)} cannot be created. ${error.message}`, {
          hint: error.hint,
          cause: error,
        })
      : error;
  }
}

/** @param query with `?` for each parameter, as the ORM builds it */
async function inserted(
  client: ClientBase,
  { sql, params }: { sql: string; params: readonly unknown[] },
  { owner, taken, hint }: { owner: string; taken: string; hint: string },
): Promise<void> {
  let at = 0;
  try {
    await client.query(
      sql.replaceAll('?', () => `$${++at}`),
      [...params],
    );
  } catch (error) {
    if (failureCode(error) === '23503') {
      throw new ConflictError(`The owner of what is created, user "${owner}", does not exist.`, {
        hint: 'Nothing was imported. Choose another owner with --as.',
        cause: error,
      });
    }
    const failure = databaseFailure(error, 'the database');
    throw failure instanceof ConflictError && failure.conflict?.column === 'name'
      ? new ConflictError(taken, { hint, cause: error, conflict: failure.conflict })
      : failure;
  }
}
