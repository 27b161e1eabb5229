import type { Command } from '../../cli/command.ts';
import { RULE_ACTIONS, RULE_OPERATORS, WEBHOOK_EVENT_TYPES } from '../../entities/index.ts';

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
    .option('--threshold <number>', 'value to compare with; the lower limit of a range')
    .option('--threshold-high <number>', 'upper limit for between and not_between; both limits belong to the range')
    .option(
      '--action <action>',
      `${RULE_ACTIONS.join(', ')}: log writes to the log of the server's process, not to "webmacs logs"`,
    )
    .option('--webhook-event <type>', `event type sent to webhooks: ${WEBHOOK_EVENT_TYPES.join(', ')}`)
    .option('--cooldown <duration>', 'minimum time between two triggers, such as 5m or 0s');
}
