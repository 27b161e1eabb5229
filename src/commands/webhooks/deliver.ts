import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { counted, grouped, printable } from '../../cli/text.ts';
import { CheckFailedError, ConflictError, InterruptedError } from '../../errors.ts';
import { defined } from '../../text/defined.ts';
import { deliver, type Outcome, type Policy } from '../../webhooks/deliver.ts';
import type { DeliveryRow } from '../../webhooks/deliveries.ts';
import { withDeliveryLock, withManyDeliveriesLock } from '../../webhooks/lock.ts';
import { mapConcurrent } from '../../webhooks/map-concurrent.ts';
import { maskedUrl } from '../../webhooks/url.ts';
import type { WebhookRow } from '../../webhooks/webhooks.ts';
import { CONCURRENCY } from './policy.ts';
import { attemptText, OUTCOME_COLUMNS, outcomeLine, outcomeRow } from './report.ts';
import { plainHttpNote } from './secret-options.ts';

/** A delivery to make; its row is created when it starts. */
export interface PendingDelivery {
  webhook: WebhookRow;
  delivery(): Promise<DeliveryRow>;
}

/**
 * Makes one delivery, and prints every attempt when it ends.
 * @param force even while another process is making it
 * @throws CheckFailedError when it fails, ConflictError if it is under way
 */
export async function deliverOne(
  ctx: Context,
  { webhook, delivery: record }: PendingDelivery,
  policy: Policy,
  { notes = [], force = false }: { notes?: string[]; force?: boolean } = {},
): Promise<void> {
  const delivery = await record();
  const make = async () => await makeOne(ctx, webhook, delivery, policy, [...notes, ...notesOn(webhook)]);
  await (force ? make() : withDeliveryLock(await ctx.pool(), delivery, make));
}

async function makeOne(
  ctx: Context,
  webhook: WebhookRow,
  delivery: DeliveryRow,
  policy: Policy,
  notes: string[],
): Promise<void> {
  const { output } = ctx;
  await output.say(`Delivery ${delivery.publicId}: ${delivery.eventType} to ${printable(maskedUrl(webhook.url))}`);
  for (const note of notes) {
    await output.note(note);
  }
  const onAttempt: Parameters<typeof deliver>[4] = async (attempt, pauseSeconds) => {
    if (!output.structured) {
      await output.text(attemptText(ctx, attempt));
    }
    if (pauseSeconds !== undefined) {
      await output.say(`Next attempt in ${pauseSeconds} s.`);
    }
  };
  const outcome = await ctx
    .progress('Delivering', async () => deliver(await ctx.em(), webhook, delivery, policy, onAttempt))
    .catch((error: unknown) => {
      const state = `The delivery is still ${delivery.status}: webmacs webhooks redeliver ${delivery.publicId.slice(0, 8)}`;
      throw interruption(ctx, state) ?? error;
    });
  const attempts = counted(outcome.attempts.length, 'attempt');
  if (output.structured) {
    await output.one({ ...(await outcomeRow(ctx, outcome)), insecure: policy.insecure, notes });
  }
  const failure = outcome.attempts.at(-1)?.failure;
  if (failure) {
    throw new CheckFailedError(`Not delivered after ${attempts}: ${failure.message}`, defined({ hint: failure.hint }));
  }
  await output.say(output.success(`Delivered after ${attempts}.`));
}

/**
 * Makes many deliveries, ten at a time, and prints each one when it ends, so there may be any number of them.
 * @param toRow returns the row to print
 * @param none the message if there are no deliveries
 * @throws CheckFailedError when one fails
 */
export async function deliverMany(
  ctx: Context,
  pending: AsyncIterable<PendingDelivery> | Iterable<PendingDelivery>,
  policy: Policy,
  toRow: (outcome: Outcome) => Promise<Row>,
  none: string,
): Promise<void> {
  const { output } = ctx;
  const em = await ctx.em();
  const count = { made: 0, failed: 0, skipped: 0 };
  const outcomes = mapConcurrent(pending, CONCURRENCY, async ({ webhook, delivery }) =>
    deliver(em.fork(), webhook, await delivery(), policy).catch(ignoreConflict),
  );
  const rows = async function* (): AsyncGenerator<Row> {
    for await (const outcome of outcomes) {
      if (!outcome) {
        count.skipped++;
        continue;
      }
      count.made++;
      if (outcome.delivery.status !== 'delivered') {
        count.failed++;
      }
      if (output.forPeople) {
        await output.text(outcomeLine(ctx, outcome));
      } else {
        yield await toRow(outcome);
      }
    }
  };
  const pool = await ctx.pool();
  await withManyDeliveriesLock(pool, async () =>
    ctx.progress('Delivering', async () => output.stream(rows(), OUTCOME_COLUMNS)),
  ).catch((error: unknown) => {
    throw interruption(ctx, 'Unfinished deliveries keep their current status: webmacs webhooks deliveries') ?? error;
  });
  const { made, failed, skipped } = count;
  if (skipped > 0) {
    await output.say(`${grouped(skipped)} skipped: another process is making them.`);
  }
  if (failed > 0) {
    throw new CheckFailedError(`${grouped(failed)} of ${counted(made, 'delivery', 'deliveries')} failed.`, {
      hint: 'To see the details of one, run: webmacs webhooks redeliver DELIVERY',
    });
  }
  await output.say(made + skipped > 0 ? output.success(`${counted(made, 'delivery', 'deliveries')} made.`) : none);
}

/** Returns the error to throw if the command was interrupted. */
function interruption({ signal }: Context, state: string): InterruptedError | undefined {
  return signal.aborted ? new InterruptedError(`Interrupted. ${state}`) : undefined;
}

/** Returns notes on properties of a webhook that may be unexpected. */
function notesOn({ url, secret, enabled }: WebhookRow): string[] {
  const disabled = enabled ? undefined : 'the webhook is disabled: the server does not send to it.';
  return [disabled, plainHttpNote(url, secret)].filter((note) => note !== undefined);
}

function ignoreConflict(error: unknown): Outcome | undefined {
  if (error instanceof ConflictError) {
    return undefined;
  }
  throw error;
}
