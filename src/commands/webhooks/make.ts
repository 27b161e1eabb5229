import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
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
  }).catch(async (error: unknown) => await interrupted(ctx, error));
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

/** A delivery that was made among many, as it is printed, and whether it came to a good end. */
interface Made {
  row: Row;
  delivered: boolean;
}

/**
 * Makes many deliveries, ten at a time, and shows one line each.
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
  const results = await mapBounded(due, AT_ONCE, async ({ webhook, delivery }): Promise<Made | undefined> => {
    const outcome = await deliver(em.fork(), webhook, await delivery(), policy).catch(takenBySomebodyElse);
    return outcome && { row: await shown(outcome), delivered: outcome.delivery.status === 'delivered' };
  }).catch(async (error: unknown) => await interrupted(ctx, error));
  const made = results.filter((result) => result !== undefined);
  // On a terminal the beginning of the id does, which every command takes for the whole.
  const rows = made.map(({ row }) =>
    output.forPeople ? { ...row, public_id: String(row.public_id).slice(0, 8) } : row,
  );
  await output.list(rows, OUTCOME_COLUMNS, [...new Set([...OUTCOME_COLUMNS, ...Object.keys(rows[0] ?? {})])]);
  if (made.length < results.length) {
    await output.say(`${grouped(results.length - made.length)} left to somebody else, who makes them just now.`);
  }
  const failed = made.filter(({ delivered }) => !delivered).length;
  if (failed > 0) {
    throw new CheckFailedError(`${grouped(failed)} of ${counted(made.length, 'delivery', 'deliveries')} failed.`, {
      hint: 'To see why, make one by itself: webmacs webhooks redeliver DELIVERY',
    });
  }
  await output.say(
    results.length > 0 ? `${output.style.green('✓')} ${counted(made.length, 'delivery', 'deliveries')} made.` : none,
  );
}

/** Says what becomes of deliveries that were begun, when the command is ended before them. */
async function interrupted(ctx: Context, error: unknown): Promise<never> {
  if (ctx.signal.aborted) {
    await ctx.output.say('What was begun is left as it stands: webmacs webhooks deliveries --status pending');
  }
  throw error;
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
