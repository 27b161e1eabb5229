import { EventNames, type NamedEvent } from '../event-names.ts';
import type { PlanContext } from '../plan/plan-for.ts';
import type { InspectedEvent } from './inspection.ts';

/** An event that a file may name. */
export interface KnownEvent extends NamedEvent {
  unit: string | null;
}

/** The events of the database, and those that an import would create. */
export class InspectedEvents implements PlanContext {
  readonly names: EventNames;
  readonly only: NamedEvent | undefined;
  readonly #known: EventNames;
  readonly #units: ReadonlyMap<NamedEvent, string | null>;
  readonly #created = new Map<NamedEvent, string | undefined>();

  /** @param only the event of all rows, for a file that does not name it */
  constructor(events: readonly KnownEvent[], only: string | undefined) {
    this.names = new EventNames(events);
    this.#known = new EventNames(events);
    this.#units = new Map(events.map((event) => [event, event.unit]));
    this.only = only === undefined ? undefined : (this.names.findIgnoringCase(only) ?? this.create(only, undefined));
  }

  readonly create = (name: string, unit: string | undefined): NamedEvent => {
    const event = { publicId: `new:${this.#created.size}`, name };
    this.names.add(event);
    this.#created.set(event, unit);
    return event;
  };

  describe(event: NamedEvent): InspectedEvent {
    const { name } = event;
    return this.#created.has(event)
      ? { name, publicId: undefined, unit: this.#created.get(event), near: this.#known.nearest(name) }
      : { name, publicId: event.publicId, unit: this.#units.get(event) ?? undefined, near: undefined };
  }
}
