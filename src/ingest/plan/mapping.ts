import { InvalidInputError } from '../../errors.ts';
import { alike } from '../../text/event-title.ts';
import { globPattern } from '../../text/glob.ts';
import { excerpt } from '../../text/printable.ts';
import { describeUnknownEvent, type EventNames, type NamedEvent } from '../event-names.ts';
import { LOG_MARKS } from './known-names.ts';
import type { ReadingOptions } from './reading-options.ts';
import type { Title } from './title.ts';

/** Makes an event that does not exist. */
export type CreateEvent = (name: string, unit: string | undefined) => NamedEvent;

/** Which columns, or which names of events in a file, are imported, and as which events. */
export class Mapping {
  /** By their names in the file, as `alike` makes them. */
  readonly #events = new Map<string, NamedEvent>();
  readonly #ignore: readonly Pattern[];
  readonly #only: readonly Pattern[];
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
    this.#ignore = [...LOG_MARKS, ...(options.ignore ?? [])].map(patternOf);
    this.#only = (options.only ?? []).map(patternOf);
    for (const entry of options.map ?? []) {
      const [given, event] = mapped(entry, names, titles, create);
      this.#events.set(alike(given), event);
    }
    this.#unused = new Set(this.#events.keys());
  }

  eventOf(given: string): NamedEvent | undefined {
    const event = this.#events.get(alike(given));
    if (event) {
      this.#unused.delete(alike(given));
    }
    return event;
  }

  /** Whether none of these names of one thing is to be imported. */
  excludes(...names: readonly string[]): boolean {
    const matches = (patterns: readonly Pattern[]) => patterns.filter((one) => one.matches(names)).length > 0;
    const excluded = matches(this.#ignore) || (this.#only.length > 0 && !matches(this.#only));
    return excluded && !names.some((name) => this.#events.has(alike(name)) && !matches(this.#ignore));
  }

  /** What was mapped and has not occurred. */
  get unused(): string[] {
    return [...this.#unused];
  }

  /** The patterns of --ignore and --only that have matched nothing. */
  get unmatched(): string[] {
    const patterns = [...this.#ignore, ...this.#only].filter(
      ({ glob, matched }) => !matched && !LOG_MARKS.includes(glob),
    );
    return patterns.map(({ glob }) => glob);
  }
}

/** A pattern for names, and whether one has matched. */
interface Pattern {
  glob: string;
  matched: boolean;
  matches(names: readonly string[]): boolean;
}

function patternOf(glob: string): Pattern {
  const whole = globPattern(glob);
  const pattern: Pattern = {
    glob,
    matched: false,
    matches(names) {
      const matches = names.some((name) => whole.test(name));
      pattern.matched ||= matches;
      return matches;
    },
  };
  return pattern;
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
  throw new InvalidInputError(`--map: unknown event ${describeUnknownEvent(name, names)}.`, {
    hint: 'Use the name or public id of an event ("webmacs events list" shows them), or pass --create-events.',
  });
}
