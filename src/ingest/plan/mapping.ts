import { InvalidInputError } from '../../errors.ts';
import { excerpt } from '../../text/printable.ts';
import { describeUnknownEvent, type EventNames, type NamedEvent } from '../event-names.ts';
import type { ReadingOptions } from './reading-options.ts';
import type { Title } from './title.ts';

/** Makes an event that does not exist. */
export type CreateEvent = (name: string, unit: string | undefined) => NamedEvent;

/** Which columns, or which names of events in a file, are imported, and as which events. */
export class Mapping {
  readonly #events = new Map<string, NamedEvent>();
  readonly #ignore: readonly RegExp[];
  readonly #only: readonly RegExp[];
  readonly #unused: Set<string>;

  /**
   * @param titles the columns of the file, by their texts
   * @param create makes an event that does not exist
   * @throws InvalidInputError for a mapping to an unknown event
   */
  constructor(
    options: ReadingOptions,
    names: EventNames,
    titles: ReadonlyMap<string, Title>,
    create: CreateEvent | undefined,
  ) {
    this.#ignore = (options.ignore ?? []).map(pattern);
    this.#only = (options.only ?? []).map(pattern);
    for (const entry of options.map ?? []) {
      const [given, event] = mapped(entry, names, titles, create);
      this.#events.set(given, event);
    }
    this.#unused = new Set(this.#events.keys());
  }

  eventOf(given: string): NamedEvent | undefined {
    const event = this.#events.get(given);
    if (event) {
      this.#unused.delete(given);
    }
    return event;
  }

  /** Whether none of these names of one thing is to be imported. */
  excludes(...names: readonly string[]): boolean {
    const matches = (patterns: readonly RegExp[]) => patterns.some((one) => names.some((name) => one.test(name)));
    const excluded = matches(this.#ignore) || (this.#only.length > 0 && !matches(this.#only));
    return excluded && !names.some((name) => this.#events.has(name) && !matches(this.#ignore));
  }

  /** What was mapped and has not occurred. */
  get unused(): string[] {
    return [...this.#unused];
  }
}

/** `*` matches any characters, `?` one; letters match in either case. */
function pattern(glob: string): RegExp {
  const source = glob
    .trim()
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'isu');
}

/** Splits `COLUMN=EVENT`, both of which may contain `=`. */
function mapped(
  entry: string,
  names: EventNames,
  titles: ReadonlyMap<string, Title>,
  create: CreateEvent | undefined,
): [string, NamedEvent] {
  const cuts = [...entry.matchAll(/=/g)].map(
    ({ index }) => [entry.slice(0, index).trim(), entry.slice(index + 1)] as const,
  );
  const columns = cuts.filter(([given]) => titles.has(given));
  for (const [given, name] of [...columns, ...cuts]) {
    const event = names.findIgnoringCase(name);
    if (event) {
      return [given, event];
    }
  }
  const [cut] = [...columns, ...cuts];
  if (cut === undefined || cut[0] === '' || cut[1].trim() === '') {
    throw new InvalidInputError(`--map ${excerpt(entry)} does not have the form COLUMN=EVENT.`, {
      hint: `Columns: ${[...titles.keys()].map(excerpt).join(', ')}.`,
    });
  }
  const [given, name] = cut;
  if (create) {
    return [given, create(name.trim(), titles.get(given)?.unit)];
  }
  throw new InvalidInputError(`--map: there is no event ${describeUnknownEvent(name, names)}.`, {
    hint: 'Use the name or public id of an event ("webmacs events list" shows them), or pass --create-events.',
  });
}
