import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { numberOf } from '../../cli/parse.ts';
import { parseDuration } from '../../cli/time.ts';
import { updateRule } from '../../domain/rules.ts';
import { EVENTS } from '../events/noun.ts';
import { findPublicId } from '../standard/noun.ts';
import { declareUpdate } from '../standard/update.ts';
import { RULES } from './noun.ts';
import { type RuleOptions, ruleOptions } from './options.ts';

export interface UpdateRuleOptions extends RuleOptions {
  name?: string;
}

export function declareRuleUpdate(parent: Command, ctx: Context): void {
  declareUpdate(parent, ctx, RULES, {
    description: 'change a rule; omitted options stay unchanged',
    declareOptions: (command) => ruleOptions(command.option('--name <name>', 'new name')),
    examples: [
      ['webmacs rules update Overheat --threshold 900'],
      ['webmacs rules update Overheat --when between --threshold 850 --threshold-high 1000'],
      ['webmacs rules update Leak --action log --cooldown 0s'],
    ],
    values: async ({ event, threshold, thresholdHigh, cooldown, ...options }: UpdateRuleOptions) => ({
      name: options.name,
      eventPublicId: await findPublicId(ctx, EVENTS, event),
      operator: options.when,
      threshold: threshold === undefined ? undefined : numberOf('--threshold', threshold),
      thresholdHigh: thresholdHigh === undefined ? undefined : numberOf('--threshold-high', thresholdHigh),
      actionType: options.action,
      webhookEventType: options.webhookEvent,
      cooldownSeconds: cooldown === undefined ? undefined : parseDuration(cooldown, '--cooldown'),
    }),
    given: '--name, --event, --when, --threshold, --threshold-high, --action, --webhook-event or --cooldown',
    update: updateRule,
  });
}
