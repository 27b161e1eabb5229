import { isoTimestamp } from '../entities/types.ts';
import { InvalidInputError } from '../errors.ts';
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
 * A body of the user's own, which is sent byte for byte, and the type of event that it is about.
 * @param type the type that was asked for; else the body's own `type` counts
 * @throws InvalidInputError for what is no JSON object, or is about something else
 */
export function ownBody(bytes: Uint8Array, type: string | undefined): { body: string; type: WebhookEventType } {
  if (bytes.length > MAX_PAYLOAD_BYTES) {
    throw new InvalidInputError('The payload is too large: at most 1 MB.');
  }
  let body: string;
  let content: unknown;
  try {
    // The text is what is recorded: from it the bytes must come back as they were.
    body = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    content = JSON.parse(body);
  } catch (cause) {
    throw new InvalidInputError('The payload is no JSON in UTF-8.', { cause });
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new InvalidInputError('The payload is no JSON object.', { hint: 'It is {"type": …, "time": …, …}.' });
  }
  const own = 'type' in content && typeof content.type === 'string' ? content.type : undefined;
  if (type !== undefined && own !== undefined && own !== type) {
    throw new InvalidInputError(`The payload is about "${own}", and --event says "${type}".`);
  }
  const named = type ?? own;
  if (named === undefined) {
    throw new InvalidInputError('The payload has no "type".', { hint: 'Say what it is about with --event.' });
  }
  return { body, type: webhookEventType(named) };
}
