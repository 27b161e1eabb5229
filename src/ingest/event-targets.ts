import { escapeCopyText } from '../database/copy-escape.ts';
import { UNKNOWN_EVENT } from './bad-lines.ts';
import { describeUnknownEvent, type EventNames, type NamedEvent } from './event-names.ts';
import type { CellProblem } from './measurement.ts';
import { cannotCreate } from './plan/empty-columns.ts';
import type { CreateEvent } from './plan/mapping.ts';
import type { ReadingPlan } from './plan/reading-plan.ts';
import { ValueReader } from './plan/values.ts';
import { unguarded } from './unguarded.ts';

const MAX_REMEMBERED = 1000;

/** An event that rows are written for. */
export interface Target {
  event: NamedEvent;
  values: ValueReader;
  /** The end of each row: the event and the experiment. */
  end: string;
}

/** The events that the rows of a file are written for. */
export class EventTargets {
  readonly #plan: ReadingPlan;
  readonly #names: EventNames;
  readonly #createEvent: CreateEvent | undefined;
  readonly #lineEnd: string;
  /** The target of all rows. */
  #all: Target | undefined;
  /** The events by the text that identifies them in the file. */
  readonly #known = new Map<string, Target | 'excluded'>();

  constructor(
    plan: ReadingPlan,
    names: EventNames,
    { create, experimentPublicId }: { create: CreateEvent | undefined; experimentPublicId: string | undefined },
  ) {
    this.#plan = plan;
    this.#names = names;
    this.#createEvent = create;
    this.#lineEnd = `\t${experimentPublicId === undefined ? '\\N' : escapeCopyText(experimentPublicId)}\n`;
  }

  /** Returns the target of a file with one event. */
  ofAll(event: NamedEvent): Target {
    this.#all ??= this.make(event);
    return this.#all;
  }

  /** Returns the event of a row in long form. */
  of(
    fields: readonly string[],
    event: { publicId: number | undefined; name: number | undefined },
    unit: number | undefined,
  ): Target | 'excluded' | CellProblem {
    const publicId = event.publicId === undefined ? '' : (fields[event.publicId] ?? '');
    const name = event.name === undefined ? '' : (fields[event.name] ?? '');
    const key = event.publicId === undefined ? name : `${publicId}\n${name}`;
    const known = this.#known.get(key);
    if (known) {
      return known;
    }
    const found = this.#find(publicId, name, unit === undefined ? undefined : fields[unit]?.trim());
    if (typeof found !== 'object' || 'values' in found) {
      this.#known.set(key, found);
      if (this.#known.size > MAX_REMEMBERED) {
        this.#known.clear();
      }
    }
    return found;
  }

  #find(publicId: string, name: string, unit: string | undefined): Target | 'excluded' | CellProblem {
    const { mapping } = this.#plan;
    const given = name === '' ? publicId : name;
    if (mapping.excludes(given.trim())) {
      return 'excluded';
    }
    const event =
      mapping.eventOf(given.trim()) ?? this.#names.byPublicId(publicId) ?? this.#names.findIgnoringCase(given);
    if (event) {
      return this.make(event, given.trim());
    }
    if (given.trim() !== '' && this.#createEvent) {
      return this.#create(this.#createEvent, unguarded(given.trim()), unit);
    }
    return given === ''
      ? { reason: 'the event is missing', problem: 'the event is missing' }
      : { reason: UNKNOWN_EVENT, problem: `no event ${describeUnknownEvent(given, this.#names)}` };
  }

  #create(create: CreateEvent, name: string, unit: string | undefined): Target | CellProblem {
    try {
      return this.make(create(name, unit || undefined), name);
    } catch (error) {
      return cannotCreate(error);
    }
  }

  /** @param inFile the names of the event in the file */
  make(event: NamedEvent, ...inFile: (string | undefined)[]): Target {
    const names = [...new Set([event.name, ...inFile.filter((name) => name !== undefined)])];
    return {
      event,
      values: new ValueReader(this.#plan.values, names),
      end: `\t${escapeCopyText(event.publicId)}${this.#lineEnd}`,
    };
  }
}
