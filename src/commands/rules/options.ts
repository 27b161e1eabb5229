import type { Command } from 'commander';
import { RULE_ACTIONS, RULE_OPERATORS, WEBHOOK_EVENT_TYPES } from '../../entities/index.ts';

/** The options that define a rule, as they were typed. */
export interface RuleOptions {
  event?: string;
  when?: string;
  threshold?: string;
  thresholdHigh?: string;
  action?: string;
  webhookEvent?: string;
  cooldown?: string;
}

export function ruleOptions(command: Command): Command {
  return command
    .option('--event <event>', 'event whose values are watched')
    .option('--when <condition>', RULE_OPERATORS.join(', '))
    .option('--threshold <number>', 'what a value is compared with; the lower end of a range')
    .option('--threshold-high <number>', 'the upper end, for between and not_between; both ends belong to the range')
    .option('--action <action>', RULE_ACTIONS.join(', '))
    .option('--webhook-event <type>', `what webhooks are told: ${WEBHOOK_EVENT_TYPES.join(', ')}`)
    .option('--cooldown <duration>', 'how long it keeps quiet once it has triggered, such as 5m or 0s');
}
