import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { counted, grouped, printable } from '../../cli/text.ts';
import { CheckFailedError, ConflictError, InterruptedError } from '../../errors.ts';
import { asTheyCome } from '../../webhooks/bounded.ts';
import { deliver, type Outcome, type Policy } from '../../webhooks/deliver.ts';
import type { DeliveryRow } from '../../webhooks/deliveries.ts';
import { maskedUrl } from '../../webhooks/url.ts';
import type { WebhookRow } from '../../webhooks/webhooks.ts';
import { AT_ONCE } from './policy.ts';
import { attemptText, OUTCOME_COLUMNS, outcomeLine, outcomeRow } from './report.ts';
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
  }).catch((error: unknown) => {
    const left = `It is left ${delivery.status}: webmacs webhooks redeliver ${delivery.publicId.slice(0, 8)}`;
    throw interruption(ctx, left) ?? error;
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
  await output.say(output.success(`Delivered after ${attempts}.`));
}

/**
 * Makes many deliveries, ten at a time, and shows each when it is made, so that there may be very many.
 * @param shown the row of one that was made
 * @param none what is said where there is none to make
 * @throws CheckFailedError when one fails
 */
export async function deliverMany(
  ctx: Context,
  due: AsyncIterable<Due> | Iterable<Due>,
  policy: Policy,
  shown: (outcome: Outcome) => Promise<Row>,
  none: string,
): Promise<void> {
  const { output } = ctx;
  const em = await ctx.em();
  const count = { made: 0, failed: 0, left: 0 };
  const outcomes = asTheyCome(due, AT_ONCE, async ({ webhook, delivery }) =>
    deliver(em.fork(), webhook, await delivery(), policy).catch(takenBySomebodyElse),
  );
  const rows = async function* (): AsyncGenerator<Row> {
    for await (const outcome of outcomes) {
      if (!outcome) {
        count.left++;
        continue;
      }
      count.made++;
      if (outcome.delivery.status !== 'delivered') {
        count.failed++;
      }
      if (output.forPeople) {
        await output.text(outcomeLine(ctx, outcome));
      } else {
        yield await shown(outcome);
      }
    }
  };
  await output.stream(rows(), OUTCOME_COLUMNS).catch((error: unknown) => {
    throw interruption(ctx, 'Deliveries that were begun are left as they stand: webmacs webhooks deliveries') ?? error;
  });
  const { made, failed, left } = count;
  if (left > 0) {
    await output.say(`${grouped(left)} left to somebody else, who makes them just now.`);
  }
  if (failed > 0) {
    throw new CheckFailedError(`${grouped(failed)} of ${counted(made, 'delivery', 'deliveries')} failed.`, {
      hint: 'To see why, make one by itself: webmacs webhooks redeliver DELIVERY',
    });
  }
  await output.say(made + left > 0 ? output.success(`${counted(made, 'delivery', 'deliveries')} made.`) : none);
}

/** What to say where the command was ended before its deliveries were. */
function interruption({ signal }: Context, left: string): InterruptedError | undefined {
  return signal.aborted ? new InterruptedError(`Interrupted. ${left}`) : undefined;
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
