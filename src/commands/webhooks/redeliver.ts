import { type Command, Option } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import type { Row } from '../../cli/output.ts';
import { parseTime } from '../../cli/time.ts';
import { InvalidInputError } from '../../errors.ts';
import type { Outcome } from '../../webhooks/deliver.ts';
import { type DeliveryRow, deadLetters, withWebhooks } from '../../webhooks/deliveries.ts';
import { maskedUrl } from '../../webhooks/url.ts';
import type { WebhookRow } from '../../webhooks/webhooks.ts';
import { find, rowOf } from '../standard/noun.ts';
import { type Due, deliverMany, deliverOne } from './make.ts';
import { DELIVERIES, WEBHOOKS } from './noun.ts';
import { type PolicyOptions, policyOf, policyOptions } from './policy.ts';
import { outcomeRow } from './report.ts';

export interface RedeliverOptions extends PolicyOptions {
  deadLetter?: boolean;
  since?: string;
  webhook?: string;
  dryRun?: boolean;
}

export function declareRedeliver(parent: Command, ctx: Context): void {
  const command = parent
    .command('redeliver')
    .argument('[delivery]', 'public id, or its first 8 characters or more')
    .description('send what was recorded once more, byte for byte, signed anew')
    .option('--dead-letter', 'every delivery that was given up, ten at a time')
    .option('--since <time>', 'with --dead-letter: only those recorded since; ISO 8601, or -2h')
    .addOption(new Option('--webhook <webhook>', 'with --dead-letter: only those of this webhook, even if disabled'))
    .option('--dry-run', 'say what would be sent, and send nothing')
    .action(async (delivery: string | undefined, options: RedeliverOptions) => await redeliver(ctx, delivery, options));
  command.addHelpText('after', KEPT);
  examples(
    policyOptions(command),
    ['webmacs webhooks redeliver 0198c2aa'],
    ['webmacs webhooks redeliver --dead-letter --since -2h', 'after the receiver was away'],
    ['webmacs webhooks redeliver --dead-letter --webhook https://lab.org/hook --dry-run'],
  );
}

const KEPT = `
A delivery keeps its row: its attempts are counted on, and it ends as delivered or dead_letter again. What has been
delivered meanwhile is no dead letter any more, so that --dead-letter can be run twice.`;

/** Makes a recorded delivery once more, or all that were given up. */
export async function redeliver(ctx: Context, given: string | undefined, options: RedeliverOptions): Promise<void> {
  const { deadLetter, since, webhook } = options;
  if ((given !== undefined) === (deadLetter === true)) {
    throw new InvalidInputError('Give one delivery, or --dead-letter.');
  }
  if (!deadLetter && (since !== undefined || webhook !== undefined)) {
    throw new InvalidInputError('--since and --webhook narrow what --dead-letter sends.', {
      hint: 'Add --dead-letter.',
    });
  }
  if (given !== undefined) {
    return await redeliverOne(ctx, given, options);
  }
  const letters = deadLetters(await ctx.em(), {
    ...(since === undefined ? {} : { since: parseTime(since, ctx.now(), '--since') }),
    ...(webhook === undefined ? {} : { webhook: await find(ctx, WEBHOOKS, webhook) }),
  });
  if (options.dryRun) {
    return await listDue(ctx, letters);
  }
  const policy = await policyOf(ctx, options);
  const due = async function* (): AsyncGenerator<Due> {
    for await (const letter of letters) {
      yield { webhook: letter.webhook, delivery: async () => letter.delivery };
    }
  };
  // There may be very many: what each was about is in its row.
  const shown = async (outcome: Outcome) => {
    const { payload, tries, ...row } = await outcomeRow(ctx, outcome);
    return row;
  };
  await deliverMany(ctx, due(), policy, shown, 'There is no dead letter to send.');
}

async function redeliverOne(ctx: Context, given: string, options: RedeliverOptions): Promise<void> {
  const found = await withWebhooks(await ctx.em(), [await find(ctx, DELIVERIES, given)]);
  if (options.dryRun) {
    return await listDue(ctx, found);
  }
  for (const { webhook, delivery } of found) {
    await deliverOne(ctx, { webhook, delivery: async () => delivery }, await policyOf(ctx, options));
  }
}

async function listDue(
  ctx: Context,
  due:
    | AsyncIterable<{ delivery: DeliveryRow; webhook: WebhookRow }>
    | Iterable<{ delivery: DeliveryRow; webhook: WebhookRow }>,
): Promise<void> {
  const rows = async function* (): AsyncGenerator<Row> {
    for await (const { delivery, webhook } of due) {
      const { payload, ...row } = await rowOf(ctx, DELIVERIES, delivery);
      yield { ...row, webhook: maskedUrl(webhook.url) };
    }
  };
  await ctx.output.stream(rows(), DELIVERIES.columns);
}
