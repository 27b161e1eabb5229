import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { numberOf } from '../../cli/parse.ts';
import type { Answers } from '../../cli/prompts.ts';
import {
  createRule,
  DEFAULT_COOLDOWN_SECONDS,
  DEFAULT_WEBHOOK_EVENT,
  isRange,
  operatorText,
  updateRule,
} from '../../domain/rules.ts';
import { RULE_ACTIONS, RULE_OPERATORS } from '../../entities/index.ts';
import { EVENTS } from '../events/noun.ts';
import { rowQuestion } from '../standard/choices.ts';
import { confirmCreate } from '../standard/confirm-create.ts';
import { type CreateOptions, createOptions, createRow } from '../standard/create.ts';
import { find } from '../standard/noun.ts';
import { owner } from '../standard/owner.ts';
import { RULES } from './noun.ts';
import { type RuleOptions, ruleOptions, valuesOf } from './options.ts';

const DEFAULTS = `
Defaults: --cooldown ${DEFAULT_COOLDOWN_SECONDS}s, and with the action webhook --webhook-type
${DEFAULT_WEBHOOK_EVENT}.`;

export function declareCreate(parent: Command, ctx: Context): void {
  parent
    .command('create')
    .argument('<name>', 'name of the rule, unique')
    .description(
      'create a rule by which the server calls webhooks, or writes to its own log, when a value crosses a threshold',
    )
    .with(ruleOptions)
    .option('--disabled', 'create it disabled')
    .with(createOptions)
    .runs(ctx, defineRule)
    .note(DEFAULTS)
    .examples(
      ['webmacs rules create Overheat --event Bed --when gt --threshold 850 --action webhook --cooldown 5m'],
      ['webmacs rules create Leak --event Flow --when between --threshold 1 --threshold-high 5 --action log'],
      ['webmacs rules create Leak', 'asks for the missing options'],
    );
}

async function defineRule(
  ctx: Context,
  name: string,
  options: CreateOptions & RuleOptions & { disabled?: boolean },
): Promise<void> {
  const insert = async () => {
    const given = await ctx.prompts.missing(options, {
      event: rowQuestion(ctx, EVENTS, '--event', 'Event to watch'),
      when: { option: '--when', ask: 'Trigger when a value is', choices: CONDITIONS },
      threshold: { option: '--threshold', ask: 'Threshold', check: (text) => numberOf('--threshold', text) },
      thresholdHigh: UPPER,
      action: { option: '--action', ask: 'Action', choices: RULE_ACTIONS },
    });
    const thresholdHigh = options.thresholdHigh ?? (given.thresholdHigh || undefined);
    const event = await find(ctx, EVENTS, given.event);
    const definition = {
      name,
      eventPublicId: event.publicId,
      operator: given.when,
      threshold: numberOf('--threshold', given.threshold),
      thresholdHigh: thresholdHigh === undefined ? null : numberOf('--threshold-high', thresholdHigh),
      actionType: given.action,
      webhookEventType: options.webhookType ?? null,
      enabled: options.disabled !== true,
      cooldownSeconds: options.cooldown ?? DEFAULT_COOLDOWN_SECONDS,
    };
    const { publicId, username } = await owner(ctx);
    await confirmCreate(ctx, RULES, { ...definition, eventPublicId: null, event: event.name, owner: username });
    return await createRule(await ctx.em(RULES.entity), definition, publicId);
  };
  const enabled = options.disabled ? false : undefined;
  const values = async () => ({ ...(await valuesOf(ctx, options)), enabled });
  await createRow(ctx, RULES, name, options, insert, { values, update: updateRule });
}

const CONDITIONS = RULE_OPERATORS.map((value) => ({ name: operatorText(value), value }));

const UPPER = {
  when: ({ when = '' }: Answers) => isRange(when),
  option: '--threshold-high',
  ask: 'Upper threshold',
  check: (text: string) => numberOf('--threshold-high', text),
};
