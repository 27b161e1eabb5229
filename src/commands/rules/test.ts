import { Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { wholeNumber } from '../../cli/parse.ts';
import { counted, grouped, printable, quoted } from '../../cli/text.ts';
import type { TimeRange } from '../../database/time-range.ts';
import { tryRule } from '../../domain/rule-condition.ts';
import { replayRule } from '../../domain/rule-replay.ts';
import { describeCondition, type RuleRow } from '../../domain/rules.ts';
import { InvalidInputError } from '../../errors.ts';
import { defined } from '../../text/defined.ts';
import { measurement } from '../datapoints/measurement.ts';
import { EVENTS } from '../events/noun.ts';
import { EXPERIMENTS } from '../experiments/noun.ts';
import { rowArgument } from '../standard/choices.ts';
import { find, findPublicId } from '../standard/noun.ts';
import { timeRangeOf, timeRangeOptions } from '../standard/time-range.ts';
import { RULES } from './noun.ts';

const MEANING = `
A replay starts as if the rule had never triggered. After a trigger, it triggers again at the
first value that meets the condition once the cooldown has passed, to the microsecond.
Both limits belong to a range; eq treats values that differ by less than 1e-9 as equal; NaN
never triggers. Of the values of an event in one batch, the server judges only the last, by its
own clock. Which ones those were is not recorded, so a replay judges all values.`;

const ALL_JUDGED =
  'note: the server judges only the last value of an event in each batch, so it may trigger less often, or later.';

const COLUMNS = ['timestamp', 'value', 'public_id'];

interface TestOptions extends TimeRange {
  /** As PostgreSQL reads a double. */
  value?: string;
  experiment?: string;
  limit: number;
}

export function declareTest(parent: Command, ctx: Context): void {
  parent
    .command('test')
    .addArgument(rowArgument(ctx, RULES))
    .description('test whether a value would trigger a rule, or when a recording would have; nothing is triggered')
    .addOption(
      new Option('--value <number>', 'one value; NaN and Infinity are allowed')
        .argParser(measurement)
        .conflicts(['experiment', 'from', 'to']),
    )
    .option('--experiment <experiment>', "replay this experiment's datapoints of the rule's event")
    .option('--limit <n>', 'maximum number of triggers of a replay to list', wholeNumber, 100)
    .runs(ctx, testRule)
    .note(MEANING)
    .with(timeRangeOptions)
    .examples(
      ['webmacs rules test Overheat --value 851.5'],
      ['webmacs rules test Overheat --experiment "Run 7"', 'with its cooldown'],
      ['webmacs rules test Overheat --from -24h --limit 1000 --format csv'],
    );
}

async function testRule(ctx: Context, given: string, options: TestOptions): Promise<void> {
  const { value, experiment, from, to } = options;
  if ([value, experiment, from, to].every((option) => option === undefined)) {
    throw new InvalidInputError('Missing: a value or a recording to test the rule with.', {
      hint: 'Pass --value NUMBER, --experiment EXPERIMENT, or --from and --to.',
    });
  }
  const rule = await find(ctx, RULES, given);
  const { name, unit } = await find(ctx, EVENTS, rule.event.publicId);
  const condition = describeCondition(rule, unit);
  const facts = { rule: rule.name, event: name, condition, enabled: rule.enabled };
  await (value === undefined ? replay(ctx, rule, facts, options) : tryValue(ctx, rule, facts, value, unit));
}

interface Facts extends Row {
  event: string;
  condition: string;
}

async function tryValue(ctx: Context, rule: RuleRow, facts: Facts, text: string, unit: string): Promise<void> {
  const { meets, value } = await tryRule(await ctx.em(), rule, text);
  if (ctx.output.structured) {
    return await ctx.output.one({ ...facts, value, would_trigger: meets });
  }
  const verdict = `would ${meets ? '' : 'not '}trigger rule ${quoted(rule.name)}`;
  await ctx.output.text(
    `${printable(`${value} ${unit}`)} ${verdict} (${printable(facts.condition)}).${disabledNote(rule)}\n`,
  );
}

async function replay(ctx: Context, rule: RuleRow, facts: Facts, options: TestOptions): Promise<void> {
  const recording = {
    ...defined({ experimentPublicId: await findPublicId(ctx, EXPERIMENTS, options.experiment) }),
    ...(await timeRangeOf(ctx, options)),
  };
  const { datapoints, matches, triggers, first } = await ctx.progress('Replaying', async () =>
    replayRule(await ctx.em(), rule, recording, options.limit),
  );
  await ctx.output.report(
    { ...facts, cooldown_seconds: rule.cooldownSeconds, datapoints, matches, triggers },
    first,
    COLUMNS,
  );
  const rest = triggers > first.length ? ` The first ${grouped(first.length)} are listed; --limit lists more.` : '';
  await ctx.output.say(
    `Rule ${quoted(rule.name)} (${printable(facts.condition)}, cooldown ${rule.cooldownSeconds} s) would ` +
      `${triggers === 0 ? 'not have triggered' : `have triggered ${times(triggers)}`} on ` +
      `${counted(datapoints, 'datapoint')} of ${quoted(facts.event)}; ` +
      `${grouped(matches)} ${matches === 1 ? 'meets' : 'meet'} the condition.${rest}${disabledNote(rule)}`,
  );
  if (triggers > 0) {
    await ctx.output.say(ALL_JUDGED);
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${grouped(count)} times`;
}

/** The test ignores whether the rule is enabled. */
function disabledNote({ enabled }: RuleRow): string {
  return enabled ? '' : ' The rule is currently disabled.';
}
