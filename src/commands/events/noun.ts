import type { Context } from '../../cli/context.ts';
import type { Question } from '../../cli/prompts.ts';
import type { EventRow } from '../../domain/events.ts';
import { Event } from '../../entities/index.ts';
import { feedersOf } from '../../plugins/channels.ts';
import { choicesOf } from '../standard/choices.ts';
import type { Noun } from '../standard/noun.ts';

export const EVENTS: Noun<EventRow> = {
  entity: Event,
  singular: 'event',
  key: 'name',
  columns: ['name', 'unit', 'min_value', 'max_value', 'event_type', 'fed_by', 'public_id'],
  orderBy: { name: 'asc' },
  derived: {
    columns: ['fed_by'],
    rows: async (em, events) => {
      const feeders = await feedersOf(
        em,
        events.map(({ publicId }) => publicId),
      );
      return events.map(({ publicId }) => ({ fed_by: feeders.get(publicId) ?? null }));
    },
  },
};

/** Returns the question for an optional event; the empty text is none. */
export function eventOrNone(ctx: Context, ask: string): Question {
  const none = { name: '(none)', value: '' };
  return {
    option: '--event (or --no-event)',
    ask,
    search: async (typed) => {
      const { choices, more } = await choicesOf(ctx, EVENTS, typed);
      return { choices: typed === '' ? [none, ...choices] : choices, more };
    },
  };
}
