import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { defined } from '../../text/defined.ts';
import { EVENTS } from '../events/noun.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { findPublicId } from '../standard/noun.ts';
import { declareShow } from '../standard/show.ts';
import { declareSwitch, type SwitchFilter, switchFilter, switchOptions } from '../standard/switch.ts';
import { declareCreate } from './create.ts';
import { RULES } from './noun.ts';
import { declareTest } from './test.ts';
import { declareRuleUpdate } from './update.ts';

/** Declares the commands on threshold rules. */
export function declareRules(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareList(parent, ctx, RULES, {
    declare: (command) => {
      switchOptions(command.option('--event <event>', 'only rules of this event'));
    },
    where: async (context, { event, ...state }: SwitchFilter & { event?: string }) => ({
      ...defined({ event: await findPublicId(context, EVENTS, event) }),
      ...switchFilter(state),
    }),
  });
  declareShow(parent, ctx, RULES);
  declareRuleUpdate(parent, ctx);
  declareSwitch(parent, ctx, RULES);
  declareTest(parent, ctx);
  declareDelete(parent, ctx, RULES);
}
