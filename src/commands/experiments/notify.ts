import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted, printable, quoted } from '../../cli/text.ts';
import { databaseFailure } from '../../database/failure.ts';
import type { ExperimentRow } from '../../domain/experiments.ts';
import { InterruptedError } from '../../errors.ts';
import { withManyDeliveriesLock } from '../../webhooks/lock.ts';
import { NOTIFY_SECONDS, notifyWebhooks } from '../../webhooks/notify.ts';
import { eventPayload } from '../../webhooks/payload.ts';
import { maskedUrl } from '../../webhooks/url.ts';
import { subscribersOf } from '../../webhooks/webhooks.ts';

export interface NotifyOptions {
  /** `false` with `--no-notify`. */
  notify: boolean;
}

export function notifyOption(command: Command): Command {
  return command.option('--no-notify', 'do not notify the webhooks').note(`
Like the server, it notifies the enabled webhooks that are subscribed to this: all at once, with one attempt each,
for ${NOTIFY_SECONDS} s at most. A failure is a warning, and a dead letter: webmacs webhooks redeliver --dead-letter`);
}

/**
 * Notifies the webhooks that an experiment was started or stopped, which is committed: a failure is only reported.
 * @throws InterruptedError
 */
export async function notifyOf(
  ctx: Context,
  what: 'started' | 'stopped',
  { name }: ExperimentRow,
  { notify }: NotifyOptions,
): Promise<void> {
  if (!notify) {
    return;
  }
  const type = `experiment.${what}` as const;
  const { output, now, environment, signal } = ctx;
  try {
    const em = await ctx.em();
    const webhooks = await subscribersOf(em, type);
    const payload = eventPayload(type, now(), { experiment: name });
    const send = async () => await notifyWebhooks(em, webhooks, type, payload, { now, environment, signal });
    const notified = webhooks.length > 0 ? await withManyDeliveriesLock(await ctx.pool(), send) : [];
    const delivered = notified.filter(({ delivery }) => delivery.status === 'delivered');
    for (const { webhook, delivery } of notified.filter((each) => !delivered.includes(each))) {
      await output.warn(
        `${printable(maskedUrl(webhook.url))} was not notified: ${printable(delivery.lastError ?? '')} ` +
          `Send it again: webmacs webhooks redeliver ${delivery.publicId.slice(0, 8)}`,
      );
    }
    if (delivered.length > 0) {
      await output.say(`${counted(delivered.length, 'webhook')} notified.`);
    }
  } catch (error) {
    if (signal.aborted) {
      throw new InterruptedError(
        `Interrupted. Experiment ${quoted(name)} is ${what}; unfinished deliveries stay pending: webmacs webhooks deliveries`,
      );
    }
    const failure = databaseFailure(error, 'the database');
    const why = failure instanceof Error ? failure.message : String(failure);
    await output.warn(`Notifying the webhooks failed: ${printable(why)}`);
  }
}
