import { isoTimestamp } from '../entities/types.ts';
import { InvalidInputError } from '../errors.ts';
import { parseJsonObject } from '../text/json.ts';
import { type WebhookEventType, webhookEventType } from './webhooks.ts';

/** What a sample can be about. */
export interface Sample {
  sensor?: string | undefined;
  value?: number | undefined;
}

/** The maximum size of a payload that is read from a file. */
export const MAX_PAYLOAD_BYTES = 1_000_000;

/** Returns the body that the server would send for an event of this type, with sample names. */
export function samplePayload(type: WebhookEventType, now: Date, { sensor, value }: Sample = {}): string {
  const measured = value ?? 12.5;
  const about = (fields: Record<string, unknown>) =>
    JSON.stringify({
      type,
      time: isoTimestamp(now.toISOString()),
      sensor,
      value,
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
 * Returns the event type of a payload that the user wrote.
 * @param type the requested type; by default the payload's own `type`
 * @throws InvalidInputError if it is not a JSON object, or has another type
 */
export function payloadEventType(body: string, type: string | undefined): WebhookEventType {
  const content = parseJsonObject(body, 'The payload', '{"type": "sensor.reading", "value": 12.5}');
  const own = typeof content.type === 'string' ? content.type : undefined;
  if (type !== undefined && own !== undefined && own !== type) {
    throw new InvalidInputError(`The payload has the type "${own}", but --event is "${type}".`);
  }
  const named = type ?? own;
  if (named === undefined) {
    throw new InvalidInputError('The payload has no "type".', { hint: 'Pass the event type with --event.' });
  }
  return webhookEventType(named);
}
