import type { Context } from '../../cli/context.ts';
import { counted, grouped, printable } from '../../cli/text.ts';
import { CheckFailedError, ConflictError } from '../../errors.ts';
import { mapBounded } from '../../webhooks/bounded.ts';
import { deliver, type Outcome, type Policy } from '../../webhooks/deliver.ts';
import type { DeliveryRow } from '../../webhooks/deliveries.ts';
import { maskedUrl } from '../../webhooks/url.ts';
import type { WebhookRow } from '../../webhooks/webhooks.ts';
import { AT_ONCE } from './policy.ts';
import { attemptText, OUTCOME_COLUMNS, outcomeRow } from './report.ts';
import { plainHttpNote } from './secret.ts';

/** Something to be delivered; its row is made when its turn comes. */
export interface Due {
  webhook: WebhookRow;
  delivery(): Promise<DeliveryRow>;
}

/**
 * Makes one delivery, and shows every attempt as it ends.
 * @throws CheckFailedError when it fails
 */
export async function deliverOne(ctx: Context, due: Due, policy: Policy, notes: string[] = []): Promise<void> {
  const { output } = ctx;
  const { webhook } = due;
  const allNotes = [...notes, ...notesOn(webhook)];
  const delivery = await due.delivery();
  await output.say(`Delivery ${delivery.publicId}: ${delivery.eventType} to ${printable(maskedUrl(webhook.url))}`);
  for (const note of allNotes) {
    await output.say(`${output.style.yellow('note:')} ${note}`);
  }
  const outcome = await deliver(await ctx.em(), webhook, delivery, policy, async (attempt, pauseSeconds) => {
    if (!output.structured) {
      await output.text(attemptText(ctx, attempt));
    }
    if (pauseSeconds !== undefined) {
      await output.say(`The next attempt is in ${pauseSeconds} s.`);
    }
  });
  const attempts = counted(outcome.attempts.length, 'attempt');
  if (output.structured) {
    await output.one({ ...(await outcomeRow(ctx, outcome)), insecure: policy.insecure, notes: allNotes });
  }
  const failure = outcome.attempts.at(-1)?.failure;
  if (failure) {
    throw new CheckFailedError(`Not delivered after ${attempts}: ${failure.message}`, {
      ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    });
  }
  await output.say(`${output.style.green('✓')} Delivered after ${attempts}.`);
}

/**
 * Makes many deliveries, ten at a time, and shows one line each.
 * @throws CheckFailedError when one fails
 */
export async function deliverMany(ctx: Context, due: readonly Due[], policy: Policy): Promise<void> {
  const { output } = ctx;
  const em = await ctx.em();
  const results = await mapBounded(due, AT_ONCE, async ({ webhook, delivery }) => {
    const own = em.fork();
    return await deliver(own, webhook, await delivery(), policy).catch(takenBySomebodyElse);
  });
  const outcomes = results.filter((outcome) => outcome !== undefined);
  const rows = [];
  for (const outcome of outcomes) {
    rows.push({ ...(await outcomeRow(ctx, outcome)), insecure: policy.insecure });
  }
  await output.list(rows, OUTCOME_COLUMNS, [...new Set([...OUTCOME_COLUMNS, ...Object.keys(rows[0] ?? {})])]);
  if (outcomes.length < results.length) {
    await output.say(
      `${grouped(results.length - outcomes.length)} were left to somebody else who makes them just now.`,
    );
  }
  const failed = outcomes.filter(({ delivery }) => delivery.status !== 'delivered').length;
  if (failed > 0) {
    throw new CheckFailedError(`${grouped(failed)} of ${counted(outcomes.length, 'delivery', 'deliveries')} failed.`, {
      hint: 'Try one by itself to see why: webmacs webhooks test WEBHOOK',
    });
  }
  if (outcomes.length > 0) {
    await output.say(`${output.style.green('✓')} ${counted(outcomes.length, 'delivery', 'deliveries')} made.`);
  }
}

/** What may surprise somebody who looks into this webhook. */
function notesOn({ url, secret, enabled }: WebhookRow): string[] {
  const plain = plainHttpNote(url, secret);
  return [
    ...(enabled ? [] : ['the webhook is disabled: the server sends nothing to it.']),
    ...(plain === undefined ? [] : [plain]),
  ];
}

function takenBySomebodyElse(error: unknown): Outcome | undefined {
  if (error instanceof ConflictError) {
    return undefined;
  }
  throw error;
}
