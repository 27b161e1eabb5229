import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { EVENTS } from '../events/noun.ts';
import { declareList } from '../standard/list.ts';
import { find } from '../standard/noun.ts';
import { type SwitchFilter, switchFilter, switchOptions } from '../standard/switch.ts';
import { RULES } from './noun.ts';

export interface RuleListOptions extends SwitchFilter {
  event?: string;
}

export function declareRuleList(parent: Command, ctx: Context): void {
  declareList(parent, ctx, RULES, {
    declare: (command) => {
      switchOptions(command.option('--event <event>', 'only rules that watch this event'));
    },
    where: async (context, { event, ...use }: RuleListOptions) => ({
      ...(event === undefined ? {} : { event: (await find(context, EVENTS, event)).publicId }),
      ...switchFilter(use),
    }),
  });
}
