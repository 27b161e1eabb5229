import { isoTimestamp } from '../entities/types.ts';
import { InvalidInputError } from '../errors.ts';
import { parseJsonObject } from '../text/json.ts';
import { type WebhookEventType, webhookEventType } from './webhooks.ts';

/** What a sample can be told to be about. */
export interface Sample {
  sensor?: string;
  value?: number;
}

/** The largest payload that is read from a file. */
export const MAX_PAYLOAD_BYTES = 1_000_000;

/** The body that the server would send for an event of this type, about things that are called samples. */
export function sampleBody(type: WebhookEventType, now: Date, { sensor, value }: Sample = {}): string {
  const measured = value ?? 12.5;
  const about = (fields: Record<string, unknown>) =>
    JSON.stringify({
      type,
      time: isoTimestamp(now.toISOString()),
      ...(sensor === undefined ? {} : { sensor }),
      ...(value === undefined ? {} : { value }),
      ...fields,
    });
  const reading = { sensor: sensor ?? 'Sample sensor', value: measured };
  switch (type) {
    case 'sensor.threshold_exceeded':
      return about({ ...reading, rule: 'Sample rule', operator: 'gt', threshold: measured - 1 });
    case 'sensor.reading':
      return about({ ...reading, unit: '°C' });
    case 'experiment.started':
    case 'experiment.stopped':
      return about({ experiment: 'Sample experiment' });
    case 'system.health_changed':
      return about({ status: 'degraded', previous_status: 'healthy' });
  }
}

/**
 * The type of event that a body of the user's own is about.
 * @param type the type that was asked for; else the body's own `type` counts
 * @throws InvalidInputError for what is not a JSON object, or is about something else
 */
export function typeOfBody(body: string, type: string | undefined): WebhookEventType {
  const content = parseJsonObject(body, 'The payload', '{"type": "sensor.reading", "value": 12.5}');
  const own = typeof content.type === 'string' ? content.type : undefined;
  if (type !== undefined && own !== undefined && own !== type) {
    throw new InvalidInputError(`The payload is about "${own}", and --event says "${type}".`);
  }
  const named = type ?? own;
  if (named === undefined) {
    throw new InvalidInputError('The payload has no "type".', { hint: 'Say what it is about with --event.' });
  }
  return webhookEventType(named);
}
