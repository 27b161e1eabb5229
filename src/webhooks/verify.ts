import { createHmac, timingSafeEqual } from 'node:crypto';
import { sign } from './sign.ts';

/** A delivery as a receiver has it. */
export interface Received {
  secret: string;
  /** The header `X-Webhook-Timestamp`: unix seconds. */
  timestamp: string;
  /** The header `X-Webhook-Signature`. */
  signature: string;
  /** The body, byte for byte. */
  body: Buffer;
}

/** Whether a signature is right; and if not, why. */
export interface Verdict {
  /** `expired`: right, but for a time that is not tolerated. */
  signature: 'right' | 'wrong' | 'expired';
  /** The signature that is right for this secret, time and body. */
  expected: string;
  /** How old the delivery is, in seconds; negative when it is from the future. */
  ageSeconds: number;
  /** What is wrong, as a sentence. */
  reason?: string;
  /** What the one who signed probably did. */
  guess?: string;
}

/**
 * Checks a signature as a receiver should: in constant time, and, where a tolerance is given, only if the delivery is no
 * further than so many seconds from now.
 *
 * @example
 * ```ts
 * const [secret, timestamp, body] = ['a secret', '1767225600', Buffer.from('{"value":1}')];
 * const signature = sign(secret, timestamp, body);
 * const now = new Date('2026-01-01T00:02:00Z');
 * console.log(verify({ secret, timestamp, signature, body }, now).signature);
 * // right
 * console.log(verify({ secret, timestamp, signature, body }, now, 60).reason);
 * // The signature is right, but 120 s old; 60 s are tolerated.
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
    const guess = probableCause(received);
    return { signature: 'wrong', ...verdict, reason: 'The signature is wrong.', ...(guess ? { guess } : {}) };
  }
  if (toleranceSeconds !== undefined && !/^\d+$/.test(timestamp)) {
    return {
      signature: 'expired',
      ...verdict,
      reason: 'The signature is right, but its time is no number of unix seconds.',
    };
  }
  if (toleranceSeconds !== undefined && Math.abs(ageSeconds) > toleranceSeconds) {
    const when = ageSeconds < 0 ? `${-ageSeconds} s in the future` : `${ageSeconds} s old`;
    return {
      signature: 'expired',
      ...verdict,
      reason: `The signature is right, but ${when}; ${toleranceSeconds} s are tolerated.`,
    };
  }
  return { signature: 'right', ...verdict };
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  // The length of a right signature is no secret.
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Tries the mistakes that are made most, and names the one that leads to this very signature. */
function probableCause({ secret, timestamp, signature, body }: Received): string | undefined {
  const text = body.toString('utf8');
  const hmac = (key: string, ...parts: (string | Buffer)[]) =>
    parts.reduce((digest, part) => digest.update(part), createHmac('sha256', key)).digest('hex');
  const signed = `${timestamp}.`;
  const candidates: [signature: string, cause: string][] = [
    [hmac(secret, body), 'It signs the body alone, without the time and the point before it.'],
    [
      hmac(secret, signed, text.replace(/\r?\n$/, '')),
      'It is right for the body without its last line break, which the file has too many.',
    ],
    [
      hmac(secret, signed, `${text}\n`),
      'It is right for the body with a line break at its end, which is missing here.',
    ],
    [
      hmac(`${secret}\n`, signed, body),
      'It is right for the secret with a line break at its end: it was read from a file whole.',
    ],
    [
      hmac(secret, signed, compactJson(text) ?? ''),
      'It is right for the same JSON written without blanks: sign the bytes that are sent, not what they are parsed into.',
    ],
  ];
  if (/^sha256=/i.test(signature)) {
    return 'It begins with "sha256=": the header has the hexadecimal digits alone.';
  }
  if (signature !== signature.toLowerCase() && isSame(signature.toLowerCase(), hmac(secret, signed, body))) {
    return 'It is right but for its capital letters: the server writes small ones.';
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
