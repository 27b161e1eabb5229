import { type Command, Option } from 'commander';
import type { Context } from '../../cli/context.ts';
import { eventsOf } from '../../site/events.ts';
import { conditionOf } from '../../site/rules.ts';
import { EVENTS } from '../events/noun.ts';
import { declareList } from '../standard/list.ts';
import { find } from '../standard/noun.ts';
import { RULES } from './noun.ts';

export interface RuleListOptions {
  event?: string;
  enabled?: true;
  disabled?: true;
}

export function declareRuleList(parent: Command, ctx: Context): void {
  declareList(parent, ctx, RULES, {
    declare: (command) => {
      command
        .option('--event <event>', 'only rules that watch this event')
        .addOption(new Option('--enabled', 'only rules in use').conflicts('disabled'))
        .option('--disabled', 'only rules out of use');
    },
    where: async (context, { event, enabled, disabled }: RuleListOptions) => ({
      ...(event === undefined ? {} : { eventPublicId: (await find(context, EVENTS, event)).publicId }),
      ...(enabled ? { enabled: true } : {}),
      ...(disabled ? { enabled: false } : {}),
    }),
    // A person reads names and signs, not public ids and codes.
    extend: {
      columns: ['event', 'condition'],
      rows: async (em, rules) => {
        const events = await eventsOf(
          em,
          rules.map((rule) => rule.eventPublicId),
        );
        return rules.map((rule) => {
          const event = events.get(rule.eventPublicId);
          return { event: event?.name ?? null, condition: conditionOf(rule, event?.unit ?? '') };
        });
      },
    },
  });
}
