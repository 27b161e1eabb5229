import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { RenamedOption } from '../../cli/option.ts';
import { numberOf } from '../../cli/parse.ts';
import { RULE_ACTIONS, RULE_OPERATORS, WEBHOOK_EVENT_TYPES } from '../../entities/index.ts';
import { EVENTS } from '../events/noun.ts';
import { findPublicId } from '../standard/noun.ts';

export interface RuleOptions {
  event?: string;
  when?: string;
  threshold?: string;
  thresholdHigh?: string;
  action?: string;
  webhookType?: string;
  /** In seconds. */
  cooldown?: number;
}

export function ruleOptions(command: Command): Command {
  return command
    .option('--event <event>', 'event whose values are watched')
    .choice('--when <condition>', 'condition of the value', RULE_OPERATORS)
    .option('--threshold <number>', 'value to compare with; the lower limit of a range')
    .option('--threshold-high <number>', 'upper limit for between and not_between; both limits belong to the range')
    .choice(
      '--action <action>',
      `what it does; log writes to the log of the server's process, not to "webmacs logs"`,
      RULE_ACTIONS,
    )
    .choice('--webhook-type <type>', 'type of the deliveries to webhooks', WEBHOOK_EVENT_TYPES)
    .addOption(
      new RenamedOption('--webhook-event <type>', '--webhook-event is called --webhook-type.', 'Pass --webhook-type.'),
    )
    .duration('--cooldown <duration>', 'minimum time between two triggers, such as 5m or 0s');
}

export async function valuesOf(ctx: Context, { event, threshold, thresholdHigh, ...options }: RuleOptions) {
  return {
    eventPublicId: await findPublicId(ctx, EVENTS, event),
    operator: options.when,
    threshold: threshold === undefined ? undefined : numberOf('--threshold', threshold),
    thresholdHigh: thresholdHigh === undefined ? undefined : numberOf('--threshold-high', thresholdHigh),
    actionType: options.action,
    webhookEventType: options.webhookType,
    cooldownSeconds: options.cooldown,
  };
}
