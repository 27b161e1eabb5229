import { createHmac } from 'node:crypto';

/** What is signed: the time of the delivery in unix seconds, a point, and the body's bytes exactly as they are sent. */
export function signedBytes(timestamp: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${timestamp}.`), body]);
}

/** The value of `X-Webhook-Signature`: HMAC-SHA256 of `{timestamp}.{body}` in hex, keyed by the secret's UTF-8 bytes. */
export function signatureOf(secret: string, timestamp: string, body: Uint8Array): string {
  return createHmac('sha256', secret).update(signedBytes(timestamp, body)).digest('hex');
}
