import { isoTimestamp } from '../entities/types.ts';
import { InvalidInputError } from '../errors.ts';
import { parseJsonObject, pythonJson } from '../text/json.ts';
import { type WebhookEventType, webhookEventType } from './webhooks.ts';

/** What a sample is about, unless it is one of `experiment.*`. */
export interface Sample {
  /** The public id of an event. */
  sensor?: string | undefined;
  value?: number | undefined;
}

/** The maximum size of a payload that is read from a file. */
export const MAX_PAYLOAD_BYTES = 1_000_000;

/** The sensor of a sample, if none is given. */
const SAMPLE_SENSOR = '00000000-0000-4000-8000-000000000000';

/**
 * Returns the body that the server sends for an event.
 * @param fields what it says beside its type and its time, in the order of the server
 */
export function eventPayload(type: WebhookEventType, now: Date, fields: Record<string, string | number>): string {
  // Python omits a fraction of zero.
  const time = isoTimestamp(now.toISOString());
  return pythonJson({ type, time, ...fields });
}

/**
 * Returns the body that the server would send for an event of this type, with sample names.
 * @throws InvalidInputError
 */
export function samplePayload(type: WebhookEventType, now: Date, given: Sample = {}): string {
  return eventPayload(type, now, sampleFields(type, given));
}

function sampleFields(type: WebhookEventType, given: Sample): Record<string, string | number> {
  const { sensor = SAMPLE_SENSOR, value = 12.5 } = given;
  switch (type) {
    case 'sensor.reading':
      return { sensor, value };
    // Only a rule with this event type sends it.
    case 'system.health_changed':
    case 'sensor.threshold_exceeded':
      return { sensor, value, rule: 'Sample rule', operator: 'gte', threshold: value };
  }
  if (given.sensor !== undefined || given.value !== undefined) {
    throw new InvalidInputError(`A delivery of ${type} has no sensor and no value.`, {
      hint: 'Leave out --event and --value, or pass --type sensor.reading.',
    });
  }
  return { experiment: 'Sample experiment' };
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
    throw new InvalidInputError(`The payload has the type "${own}", but --type is "${type}".`);
  }
  const named = type ?? own;
  if (named === undefined) {
    throw new InvalidInputError('The payload has no "type".', { hint: 'Pass the type with --type.' });
  }
  return webhookEventType(named);
}
