import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import type { TimeRange } from '../../database/time-range.ts';
import { InvalidInputError } from '../../errors.ts';
import type { Outcome } from '../../webhooks/deliver.ts';
import { deadLetters, type WithWebhook, withWebhooks } from '../../webhooks/deliveries.ts';
import { maskedUrl } from '../../webhooks/url.ts';
import { askForRow } from '../standard/choices.ts';
import { find, rowOf } from '../standard/noun.ts';
import { timeRangeOf, timeRangeOptions } from '../standard/time-range.ts';
import { deliverMany, deliverOne, type PendingDelivery } from './deliver.ts';
import { DELIVERIES, WEBHOOKS } from './noun.ts';
import { type PolicyOptions, policyOf, policyOptions } from './policy.ts';
import { outcomeRow } from './report.ts';

interface RedeliverOptions extends PolicyOptions, TimeRange {
  deadLetter?: boolean;
  webhook?: string;
  dryRun?: boolean;
  force?: boolean;
}

export function declareRedeliver(parent: Command, ctx: Context): void {
  parent
    .command('redeliver')
    .argument('[delivery]', 'public id, or its first 8 or more characters')
    .description('send recorded deliveries again, byte for byte, with a new signature')
    .option('--dead-letter', 'all dead letters, ten at a time')
    .option('--webhook <webhook>', 'with --dead-letter: only those of this webhook, even if it is disabled')
    .option('--force', 'send the delivery even while another process is making it')
    .option('--dry-run', 'print what would be sent, without sending it')
    .runs(ctx, redeliver)
    .note(KEPT)
    .with(timeRangeOptions)
    .with(policyOptions)
    .examples(
      ['webmacs webhooks redeliver 0198c2aa'],
      ['webmacs webhooks redeliver --dead-letter --from -2h', 'after an outage of the receiver'],
      ['webmacs webhooks redeliver --dead-letter --webhook https://lab.org/hook --dry-run'],
    );
}

const KEPT = `
A delivery keeps its row: the count of attempts continues, and its status becomes delivered or dead_letter again.
Delivered ones are no longer dead letters, so --dead-letter is safe to run twice.
One that was interrupted stays pending until it is redelivered by its id; "webmacs status" counts them.`;

async function redeliver(ctx: Context, given: string | undefined, options: RedeliverOptions): Promise<void> {
  const { deadLetter, from, to, webhook, force } = options;
  if (given === undefined && !deadLetter && ctx.prompts.canAsk) {
    return await redeliver(ctx, await askForRow(ctx, DELIVERIES, 'DELIVERY'), options);
  }
  if ((given !== undefined) === (deadLetter === true)) {
    throw new InvalidInputError('Pass either one delivery or --dead-letter.');
  }
  if (!deadLetter && (from ?? to ?? webhook) !== undefined) {
    throw new InvalidInputError('--from, --to and --webhook require --dead-letter.', {
      hint: 'Add --dead-letter.',
    });
  }
  if (deadLetter && force) {
    throw new InvalidInputError('--force requires one delivery.', { hint: 'Dead letters are not under way.' });
  }
  if (given !== undefined) {
    return await redeliverOne(ctx, given, options);
  }
  const letters = deadLetters(await ctx.em(), {
    ...(await timeRangeOf(ctx, options)),
    webhook: webhook === undefined ? undefined : await find(ctx, WEBHOOKS, webhook),
  });
  if (options.dryRun) {
    return await listPending(ctx, letters);
  }
  const policy = await policyOf(ctx, options);
  const pending = async function* (): AsyncGenerator<PendingDelivery> {
    for await (const letter of letters) {
      yield { webhook: letter.webhook, delivery: async () => letter.delivery };
    }
  };
  // There may be very many: payloads and attempts are in the database.
  const summary = async (outcome: Outcome) => {
    const { payload, tries, ...row } = await outcomeRow(ctx, outcome);
    return row;
  };
  await deliverMany(ctx, pending(), policy, summary, 'There are no dead letters.');
}

async function redeliverOne(ctx: Context, given: string, options: RedeliverOptions): Promise<void> {
  const found = await withWebhooks(await ctx.em(), [await find(ctx, DELIVERIES, given)]);
  if (options.dryRun) {
    return await listPending(ctx, found);
  }
  for (const { webhook, delivery } of found) {
    await deliverOne(ctx, { webhook, delivery: async () => delivery }, await policyOf(ctx, options), {
      force: options.force === true,
    });
  }
}

async function listPending(ctx: Context, pending: AsyncIterable<WithWebhook> | Iterable<WithWebhook>): Promise<void> {
  const rows = async function* (): AsyncGenerator<Row> {
    for await (const { delivery, webhook } of pending) {
      const { payload, ...row } = await rowOf(ctx, DELIVERIES, delivery);
      yield { ...row, webhook: maskedUrl(webhook.url) };
    }
  };
  await ctx.output.stream(rows(), DELIVERIES.columns);
}
