import { createHmac, timingSafeEqual } from 'node:crypto';
import { defined } from '../text/defined.ts';
import { sign } from './sign.ts';

/** A delivery as its receiver sees it. */
export interface Received {
  secret: string;
  /** The header `X-Webhook-Timestamp`: unix seconds. */
  timestamp: string;
  /** The header `X-Webhook-Signature`. */
  signature: string;
  /** The body, byte for byte. */
  body: Buffer;
}

/** Whether a signature is valid, and if not, why. */
export interface Verdict {
  /** `expired`: valid, but its time is outside the tolerance. */
  signature: 'right' | 'wrong' | 'expired';
  /** The valid signature for this secret, time and body. */
  expected: string;
  /** The age of the delivery in seconds; negative if its time is in the future. */
  ageSeconds: number;
  /** What is wrong, as a sentence. */
  reason?: string;
  /** The probable mistake of the signer. */
  guess?: string;
}

/**
 * Checks a signature as a receiver should: in constant time, and, if a tolerance is given, together with the time of the
 * delivery.
 *
 * @example
 * ```ts
 * const [secret, timestamp, body] = ['a secret', '1767225600', Buffer.from('{"value":1}')];
 * const signature = sign(secret, timestamp, body);
 * const now = new Date('2026-01-01T00:02:00Z');
 * console.log(verify({ secret, timestamp, signature, body }, now).signature);
 * // right
 * console.log(verify({ secret, timestamp, signature, body }, now, 60).reason);
 * // The signature is valid, but 120 s old; the tolerance is 60 s.
 * console.log(verify({ secret, timestamp, signature, body: Buffer.from('{}') }, now).signature);
 * // wrong
 * ```
 */
export function verify(received: Received, now: Date, toleranceSeconds?: number): Verdict {
  const { secret, timestamp, body } = received;
  const expected = sign(secret, timestamp, body);
  const ageSeconds = Math.round(now.getTime() / 1000) - Number(timestamp);
  const verdict = { expected, ageSeconds };
  if (!isSame(received.signature, expected)) {
    const guess = likelyCause(received);
    return { signature: 'wrong', ...verdict, reason: 'The signature does not match.', ...defined({ guess }) };
  }
  if (toleranceSeconds !== undefined && !/^\d+$/.test(timestamp)) {
    const reason = 'The signature is valid, but its time is not a number of unix seconds.';
    return { signature: 'expired', ...verdict, reason };
  }
  if (toleranceSeconds !== undefined && Math.abs(ageSeconds) > toleranceSeconds) {
    const when = ageSeconds < 0 ? `${-ageSeconds} s in the future` : `${ageSeconds} s old`;
    const reason = `The signature is valid, but ${when}; the tolerance is ${toleranceSeconds} s.`;
    return { signature: 'expired', ...verdict, reason };
  }
  return { signature: 'right', ...verdict };
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  // The length of a valid signature is public.
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Tries common mistakes, and returns the one that produces this signature. */
function likelyCause({ secret, timestamp, signature, body }: Received): string | undefined {
  const text = body.toString('utf8');
  const hmac = (key: string, ...parts: (string | Buffer)[]) =>
    parts.reduce((digest, part) => digest.update(part), createHmac('sha256', key)).digest('hex');
  const signed = `${timestamp}.`;
  const candidates: [signature: string, cause: string][] = [
    [hmac(secret, body), 'Only the body was signed, without the timestamp and the dot before it.'],
    [
      hmac(secret, signed, text.replace(/\r?\n$/, '')),
      'It matches the body without its trailing newline: remove it from the file.',
    ],
    [hmac(secret, signed, `${text}\n`), 'It matches the body with a trailing newline, which is missing here.'],
    [
      hmac(`${secret}\n`, signed, body),
      'It matches the secret with a trailing newline: the signer read it from a file without removing it.',
    ],
    [
      hmac(secret, signed, compactJson(text) ?? ''),
      'It matches the same JSON without whitespace: sign the raw bytes, not the parsed and serialized JSON.',
    ],
  ];
  if (/^sha256=/i.test(signature)) {
    return 'It starts with "sha256=": the header contains the hex digits only.';
  }
  if (signature !== signature.toLowerCase() && isSame(signature.toLowerCase(), hmac(secret, signed, body))) {
    return 'It matches except for upper case: the server sends lowercase hex.';
  }
  return candidates.find(([candidate]) => isSame(signature, candidate))?.[1];
}

function compactJson(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return undefined;
  }
}
