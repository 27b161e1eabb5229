import { createHmac } from 'node:crypto';

/** Returns the signed bytes: the delivery's time in unix seconds, a dot, and the body exactly as it is sent. */
export function signedBytes(timestamp: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${timestamp}.`), body]);
}

/**
 * Computes `X-Webhook-Signature`: HMAC-SHA256 of `{timestamp}.{body}` in hex, keyed by the secret's UTF-8 bytes.
 *
 * @example
 * ```ts
 * console.log(sign('a secret', '1767225600', Buffer.from('{"value":1}')));
 * // 341425ece18b9c3fe56e4d3bd8fae46eba946c2df7dd0713282e5d8824ba9faf
 * ```
 * @param timestamp unix seconds, as in the header `X-Webhook-Timestamp`
 * @param body the bytes, exactly as they are sent
 */
export function sign(secret: string, timestamp: string, body: Uint8Array): string {
  return createHmac('sha256', secret).update(signedBytes(timestamp, body)).digest('hex');
}
