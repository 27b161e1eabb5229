import { isIdPrefix, onlyRow } from '../database/reference.ts';
import { alike, eventTitle } from '../text/event-title.ts';
import { nearest } from '../text/near.ts';
import { excerpt } from '../text/printable.ts';
import { unguarded } from './unguarded.ts';

const MAX_REMEMBERED = 1000;

/** An event as an import needs it. */
export interface NamedEvent {
  publicId: string;
  name: string;
  /** The range of its values, any if omitted: values outside of it are imported, and counted. */
  minValue?: number;
  maxValue?: number;
  /** Compared with the unit in the file. */
  unit?: string | null;
}

/** Finds events by the names and ids that a file uses for them. */
export class EventNames {
  readonly #events: NamedEvent[];
  readonly #byName: Map<string, NamedEvent>;
  readonly #byPublicId: Map<string, NamedEvent>;
  readonly #byTitle: Map<string, NamedEvent>;
  /** By what is left of the names if case and the number of blanks are ignored. */
  readonly #alike = new Map<string, NamedEvent[]>();
  /** Texts known to identify one event: the lines of a file repeat the same few. */
  readonly #certain: Map<string, NamedEvent>;
  /** Cached, because a file may name one unknown event a million times. */
  readonly #nearest = new Map<string, string | undefined>();

  constructor(events: readonly NamedEvent[]) {
    this.#events = [...events];
    this.#byName = new Map(events.map((event) => [event.name, event]));
    this.#byPublicId = new Map(events.map((event) => [event.publicId, event]));
    this.#byTitle = new Map(events.map((event) => [eventTitle(event).trim(), event]));
    for (const event of this.#byName.values()) {
      this.#addAlike(event);
    }
    // The ids come last, so that they win.
    this.#certain = new Map([...[...this.#byName].filter(([name]) => !isIdPrefix(name)), ...this.#byPublicId]);
  }

  get all(): readonly NamedEvent[] {
    return this.#events;
  }

  /** Adds an event that is about to be created. */
  add(event: NamedEvent): void {
    this.#events.push(event);
    this.#byName.set(event.name, event);
    this.#byPublicId.set(event.publicId, event);
    this.#byTitle.set(eventTitle(event).trim(), event);
    this.#addAlike(event);
    this.#certain.set(event.publicId, event);
    if (!isIdPrefix(event.name)) {
      this.#certain.set(event.name, event);
    }
  }

  /**
   * Finds an event by public id, else by name, ignoring surrounding blanks unless they are part of the name.
   * @throws ConflictError for a name that is also a prefix of another event's public id
   */
  find(given: string): NamedEvent | undefined {
    return this.#certain.get(given) ?? this.#findAmbiguous(given) ?? this.#findTrimmed(given);
  }

  byPublicId(given: string): NamedEvent | undefined {
    return this.#byPublicId.get(given.trim());
  }

  /**
   * Finds an event as `find` does, else the only one whose name differs only in case and in the number of blanks; else
   * without the apostrophe of an export for spreadsheets.
   * @throws ConflictError as `find` does, for that name as well
   */
  findIgnoringCase(given: string): NamedEvent | undefined {
    return this.#findAlike(given) ?? withoutGuard(given, (name) => this.#findAlike(name));
  }

  /** Finds the event of a column, as `findIgnoringCase` does, by its whole title or the name in it. */
  findColumn({ text, name }: { text: string; name: string }): NamedEvent | undefined {
    const find = (title: string, short: string) =>
      this.#findAlike(title) ?? this.#byTitle.get(title.trim()) ?? this.#findAlike(short);
    return find(text, name) ?? withoutGuard(text, (title) => find(title, unguarded(name)));
  }

  #findAlike(given: string): NamedEvent | undefined {
    const found = this.find(given);
    if (found) {
      return found;
    }
    const [only, another] = this.#alike.get(alike(given)) ?? [];
    // By its own name, which may be the public id of another.
    return only && !another ? this.find(only.name) : undefined;
  }

  #addAlike(event: NamedEvent): void {
    const key = alike(event.name);
    this.#alike.set(key, [...(this.#alike.get(key) ?? []), event]);
  }

  /** Returns the name that was probably meant, if one is close. */
  nearest(given: string): string | undefined {
    if (!this.#nearest.has(given) && this.#nearest.size < MAX_REMEMBERED) {
      this.#nearest.set(given, nearest(given, this.#byName.keys()));
    }
    return this.#nearest.get(given);
  }

  #findAmbiguous(given: string): NamedEvent | undefined {
    if (!this.#byName.has(given)) {
      return undefined;
    }
    const event = onlyRow(given, this.#events, {
      kind: 'event',
      isNamed: ({ name }) => name === given,
      nameOf: ({ name }) => name,
    });
    if (event) {
      this.#certain.set(given, event);
    }
    return event;
  }

  #findTrimmed(given: string): NamedEvent | undefined {
    const trimmed = given.trim();
    return trimmed === given ? undefined : this.find(trimmed);
  }
}

function withoutGuard<T>(given: string, find: (name: string) => T | undefined): T | undefined {
  const name = unguarded(given);
  return name === given ? undefined : find(name);
}

/** Quotes an unknown event name, with the closest known one as a suggestion. */
export function describeUnknownEvent(given: string, names: EventNames): string {
  const nearest = names.nearest(given);
  return excerpt(given) + (nearest === undefined ? '' : ` (did you mean ${excerpt(nearest)}?)`);
}
