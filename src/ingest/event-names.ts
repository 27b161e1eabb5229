const MAX_REMEMBERED = 1000;

/** An event as an import needs it. */
export interface NamedEvent {
  publicId: string;
  name: string;
}

/** Finds events by what a file calls them. */
export class EventNames {
  readonly #byName: Map<string, NamedEvent>;
  readonly #byPublicId: Map<string, NamedEvent>;
  /** A file may name one unknown event a million times. */
  readonly #nearest = new Map<string, string | undefined>();

  constructor(events: readonly NamedEvent[]) {
    this.#byName = new Map(events.map((event) => [event.name, event]));
    this.#byPublicId = new Map(events.map((event) => [event.publicId, event]));
  }

  /** By name, or else by public id; blanks around either are ignored where the name has none. */
  find(given: string): NamedEvent | undefined {
    return this.#byName.get(given) ?? this.#byPublicId.get(given) ?? this.#findTrimmed(given);
  }

  byPublicId(given: string): NamedEvent | undefined {
    return this.#byPublicId.get(given.trim());
  }

  /** As `find`, or else the only event whose name differs in nothing but upper and lower case. */
  findIgnoringCase(given: string): NamedEvent | undefined {
    const wanted = given.trim().toLowerCase();
    const alike = [...this.#byName.values()].filter((event) => event.name.toLowerCase() === wanted);
    return this.find(given) ?? (alike.length === 1 ? alike[0] : undefined);
  }

  /** The name that was probably meant, if one is near. */
  nearest(given: string): string | undefined {
    if (!this.#nearest.has(given) && this.#nearest.size < MAX_REMEMBERED) {
      this.#nearest.set(given, nearest(given.trim().toLowerCase(), this.#byName.keys()));
    }
    return this.#nearest.get(given);
  }

  #findTrimmed(given: string): NamedEvent | undefined {
    const trimmed = given.trim();
    return trimmed === given ? undefined : this.find(trimmed);
  }
}

function nearest(wanted: string, names: Iterable<string>): string | undefined {
  const limit = Math.min(3, Math.floor(wanted.length / 3) + 1);
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    if (Math.abs(name.length - wanted.length) < limit) {
      const distance = editDistance(name.toLowerCase(), wanted);
      if (distance < (best?.distance ?? limit)) {
        best = { name, distance };
      }
    }
  }
  return best?.name;
}

/** @see https://en.wikipedia.org/wiki/Levenshtein_distance */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replace = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
