import type { EntityManager } from '@mikro-orm/postgresql';
import { Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { WEBHOOK_EVENT_TYPES } from '../../entities/index.ts';
import { InvalidInputError, NotFoundError } from '../../errors.ts';
import { readText } from '../../files/input.ts';
import type { Outcome } from '../../webhooks/deliver.ts';
import { newDelivery } from '../../webhooks/deliveries.ts';
import { MAX_PAYLOAD_BYTES, payloadEventType, samplePayload } from '../../webhooks/payload.ts';
import {
  eventTypesOf,
  subscribersOf,
  type WebhookEventType,
  type WebhookRow,
  webhookEventType,
} from '../../webhooks/webhooks.ts';
import { measurement } from '../datapoints/measurement.ts';
import { EVENTS } from '../events/noun.ts';
import { askForRow } from '../standard/choices.ts';
import { argumentHelp, find, findPublicId } from '../standard/noun.ts';
import { deliverMany, deliverOne, type PendingDelivery } from './deliver.ts';
import { WEBHOOKS } from './noun.ts';
import { type PolicyOptions, policyOf, policyOptions } from './policy.ts';
import { outcomeRow } from './report.ts';

interface TestOptions extends PolicyOptions {
  type?: string | undefined;
  payload?: string;
  value?: string;
  event?: string;
  all?: boolean;
}

export function declareTest(parent: Command, ctx: Context): void {
  parent
    .command('test')
    .argument('[webhook]', argumentHelp(WEBHOOKS))
    .description('send a delivery as the server does, record it, and print the answer')
    .choice('--type <type>', 'type of the delivery; default: the first subscription', WEBHOOK_EVENT_TYPES)
    .option('--payload <file>', 'send this JSON unchanged, byte for byte; - for standard input')
    .addOption(
      new Option('--value <number>', 'value of the sample; NaN and Infinity as the server sends them, not in JSON')
        .argParser(measurement)
        .conflicts('payload'),
    )
    .addOption(new Option('--event <event>', 'event of the sample: name or public id').conflicts('payload'))
    .option('--all', 'all enabled webhooks subscribed to --type, ten at a time')
    .runs(ctx, test)
    .with(policyOptions)
    .examples(
      ['webmacs webhooks test https://lab.org/hook'],
      ['webmacs webhooks test 0198c2aa --type sensor.reading --event "Bed temperature" --value 12.5'],
      ['webmacs webhooks test https://lab.org/hook --payload body.json --retries 0 --json'],
      ['webmacs webhooks test --all --type experiment.started', 'exits 6 if one fails'],
    );
}

async function test(ctx: Context, given: string | undefined, options: TestOptions): Promise<void> {
  if (options.all && given !== undefined) {
    throw new InvalidInputError('Pass either one webhook or --all.');
  }
  await (options.all ? testAll(ctx, options) : testOne(ctx, given, options));
}

async function testOne(ctx: Context, given: string | undefined, options: TestOptions): Promise<void> {
  const webhook = await find(ctx, WEBHOOKS, given ?? (await askForRow(ctx, WEBHOOKS, 'WEBHOOK or --all')));
  const subscribed = eventTypesOf(webhook);
  const { type, body } = await payloadOf(ctx, options, subscribed[0]);
  const policy = await policyOf(ctx, options);
  const notes = subscribed.includes(type)
    ? []
    : [`the webhook is not subscribed to ${type}: the server would not send this to it.`];
  await deliverOne(ctx, pendingDelivery(await ctx.em(), webhook, type, body), policy, { notes });
}

async function testAll(ctx: Context, options: TestOptions): Promise<void> {
  const given =
    options.payload === undefined ? (await ctx.prompts.missing(options, { type: TYPE })).type : options.type;
  const { type, body } = await payloadOf(ctx, { ...options, type: given }, undefined);
  const policy = await policyOf(ctx, options);
  const em = await ctx.em();
  const pending = (await subscribersOf(em, type)).map((webhook) => pendingDelivery(em, webhook, type, body));
  const toRow = async (outcome: Outcome) => ({ ...(await outcomeRow(ctx, outcome)), insecure: policy.insecure });
  await deliverMany(ctx, pending, policy, toRow, `No enabled webhook is subscribed to ${type}.`);
}

function pendingDelivery(em: EntityManager, webhook: WebhookRow, type: string, body: string): PendingDelivery {
  return { webhook, delivery: async () => await newDelivery(em, webhook, type, body) };
}

async function payloadOf(
  ctx: Context,
  { type: given, payload, event, value }: TestOptions,
  byDefault: string | undefined,
): Promise<{ type: WebhookEventType; body: string }> {
  if (payload !== undefined) {
    const body = await readText(payload, { maxBytes: MAX_PAYLOAD_BYTES, stdin: ctx.streams.stdin });
    return { body, type: payloadEventType(body, given) };
  }
  const type = webhookEventType(given ?? byDefault ?? 'sensor.reading');
  const sample = {
    sensor: await sampleEvent(ctx, event),
    value: value === undefined ? undefined : Number(value.replace(/nan/i, 'NaN').replace(/inf.*/i, 'Infinity')),
  };
  return { type, body: samplePayload(type, ctx.now(), sample) };
}

/** @throws InvalidInputError for a type, which this option once was */
async function sampleEvent(ctx: Context, given: string | undefined): Promise<string | undefined> {
  return await findPublicId(ctx, EVENTS, given).catch((error: unknown) => {
    if (error instanceof NotFoundError && WEBHOOK_EVENT_TYPES.some((type) => type === given)) {
      throw new InvalidInputError(`--event: ${given} is a type of delivery, not an event.`, {
        hint: `Pass --type ${given}.`,
      });
    }
    throw error;
  });
}

const TYPE = { option: '--type', ask: 'Which type?', choices: WEBHOOK_EVENT_TYPES };
