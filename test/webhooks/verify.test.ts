import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { verify } from '../../src/webhooks/verify.ts';

const [SECRET, TIME, BODY] = ['key', '1767225600', '{"type": "sensor.reading"}'];
const NOW = new Date('2026-01-01T00:00:10Z');

const signed = (text: string, secret = SECRET) => createHmac('sha256', secret).update(text).digest('hex');
const judged = (signature: string, more = {}, tolerance?: number) =>
  verify({ secret: SECRET, timestamp: TIME, signature, body: Buffer.from(BODY), ...more }, NOW, tolerance);

test('a valid signature is accepted at any age, unless a tolerance is given', () => {
  const signature = signed(`${TIME}.${BODY}`);
  expect(judged(signature)).toMatchObject({ signature: 'right', ageSeconds: 10 });
  expect(judged(signature, {}, 10)).toMatchObject({ signature: 'right' });
  expect(judged(signature, {}, 9)).toMatchObject({ signature: 'expired', reason: expect.stringContaining('10 s old') });
});

test.each([
  ['signs the body alone', signed(BODY), 'Only the body was signed'],
  ['lost the last line break', signed(`${TIME}.${BODY}\n`), 'the body with a trailing newline, which is missing'],
  ['read its secret with a line break', signed(`${TIME}.${BODY}`, `${SECRET}\n`), 'the secret with a trailing newline'],
  ['signs what it has parsed', signed(`${TIME}.${JSON.stringify(JSON.parse(BODY))}`), 'without whitespace'],
  ['writes capital letters', signed(`${TIME}.${BODY}`).toUpperCase(), 'lowercase hex'],
  ['writes the algorithm before it', `sha256=${signed(`${TIME}.${BODY}`)}`, 'sha256='],
])('a receiver that %s gets a hint', (_what, signature, guess) => {
  expect(judged(signature)).toMatchObject({ signature: 'wrong', guess: expect.stringContaining(guess) });
});

test('an extra newline at the end of the file is recognised', () => {
  const verdict = judged(signed(`${TIME}.${BODY}`), { body: Buffer.from(`${BODY}\n`) });
  expect(verdict.guess).toContain('without its trailing newline');
});

test.each(['', 'x', signed('something else')])('the signature %j does not match, for no known reason', (signature) => {
  expect(judged(signature)).toMatchObject({ signature: 'wrong', expected: signed(`${TIME}.${BODY}`) });
  expect(judged(signature).guess).toBeUndefined();
});
