import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { updateRule } from '../../domain/rules.ts';
import { defined } from '../../text/defined.ts';
import { EVENTS } from '../events/noun.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { findPublicId } from '../standard/noun.ts';
import { declareShow } from '../standard/show.ts';
import { declareSwitch } from '../standard/switch.ts';
import { declareUpdate } from '../standard/update.ts';
import { declareCreate } from './create.ts';
import { RULES } from './noun.ts';
import { type RuleOptions, ruleOptions, valuesOf } from './options.ts';
import { declareTest } from './test.ts';

export function declareRules(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareList(parent, ctx, RULES, {
    declare: (command) => command.option('--event <event>', 'only rules of this event'),
    examples: ['--event "Bed temperature"'],
    where: async (_ctx, { event }: { event?: string }) => defined({ event: await findPublicId(ctx, EVENTS, event) }),
  });
  declareShow(parent, ctx, RULES);
  declareUpdate(parent, ctx, RULES, {
    description: 'change a rule; omitted options stay unchanged',
    declareOptions: (command) => command.option('--name <name>', 'new name').with(ruleOptions),
    examples: [
      ['webmacs rules update Overheat --threshold 900'],
      ['webmacs rules update Overheat --when between --threshold 850 --threshold-high 1000'],
      ['webmacs rules update Leak --action log --cooldown 0s'],
    ],
    values: async ({ name, ...options }: RuleOptions & { name?: string }) => ({
      name,
      ...(await valuesOf(ctx, options)),
    }),
    given: '--name, --event, --when, --threshold, --threshold-high, --action, --webhook-type or --cooldown',
    update: updateRule,
  });
  declareSwitch(parent, ctx, RULES);
  declareTest(parent, ctx);
  declareDelete(parent, ctx, RULES);
}
