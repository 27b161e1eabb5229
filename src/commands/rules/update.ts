import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { numberOf } from '../../cli/parse.ts';
import { quoted } from '../../cli/text.ts';
import { parseDuration } from '../../cli/time.ts';
import { type RuleDefinition, updateRule } from '../../site/rules.ts';
import { EVENTS } from '../events/noun.ts';
import { changeOf, find, rowOf } from '../standard/noun.ts';
import { argumentHelp } from '../standard/show.ts';
import { RULES } from './noun.ts';
import { type RuleOptions, ruleOptions } from './options.ts';

export interface UpdateRuleOptions extends RuleOptions {
  name?: string;
}

export function declareUpdate(parent: Command, ctx: Context): void {
  const command = parent
    .command('update')
    .argument('<rule>', argumentHelp(RULES))
    .description('change a rule; what is not given stays as it is')
    .option('--name <name>', 'new name')
    .action(async (rule: string, options: UpdateRuleOptions) => await redefineRule(ctx, rule, options));
  examples(
    ruleOptions(command),
    ['webmacs rules update Overheat --threshold 900'],
    ['webmacs rules update Overheat --when between --threshold 850 --threshold-high 1000'],
    ['webmacs rules update Leak --action log --cooldown 0s'],
  );
}

export async function redefineRule(ctx: Context, given: string, options: UpdateRuleOptions): Promise<void> {
  const { event, threshold, thresholdHigh, cooldown } = options;
  const change = changeOf<RuleDefinition>(
    {
      name: options.name,
      eventPublicId: event === undefined ? undefined : (await find(ctx, EVENTS, event)).publicId,
      operator: options.when,
      threshold: threshold === undefined ? undefined : numberOf('--threshold', threshold),
      thresholdHigh: thresholdHigh === undefined ? undefined : numberOf('--threshold-high', thresholdHigh),
      actionType: options.action,
      webhookEventType: options.webhookEvent,
      cooldownSeconds: cooldown === undefined ? undefined : parseDuration(cooldown, '--cooldown'),
    },
    '--name, --event, --when, --threshold, --threshold-high, --action, --webhook-event or --cooldown',
  );
  const rule = await updateRule(await ctx.em(), await find(ctx, RULES, given), change);
  await ctx.output.changed(ctx.output.success(`Rule ${quoted(rule.name)} changed.`), await rowOf(ctx, RULES, rule));
}
