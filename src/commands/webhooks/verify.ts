import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { printable } from '../../cli/text.ts';
import { CheckFailedError, InvalidInputError } from '../../errors.ts';
import { readBytes } from '../../files/input.ts';
import { MAX_PAYLOAD_BYTES } from '../../webhooks/payload.ts';
import { signedBytes } from '../../webhooks/sign.ts';
import { verify } from '../../webhooks/verify.ts';
import { givenSecret, type SecretOptions, secretOptions } from './secret-options.ts';

interface VerifyOptions extends SecretOptions {
  timestamp?: string;
  signature?: string;
  /** In seconds. */
  tolerance?: number;
}

export function declareVerify(parent: Command, ctx: Context): void {
  parent
    .command('verify')
    .argument('<bodyfile>', 'file with the body, exactly as received; - for standard input')
    .description('check the signature of a delivery, and explain a mismatch')
    .option('--timestamp <seconds>', 'value of the header X-Webhook-Timestamp')
    .option('--signature <hex>', 'value of the header X-Webhook-Signature')
    .duration('--tolerance <duration>', 'maximum difference between timestamp and now, such as 5m (default: none)')
    .with(secretOptions)
    .runs(ctx, verifySignature)
    .note(RULE)
    .examples(
      ['webmacs webhooks verify --secret-file s.txt --timestamp 1767225600 --signature 5f3c… body.json'],
      ['pass show lab/hook | webmacs webhooks verify --secret-stdin --timestamp "$T" --signature "$S" body.json'],
    );
}

const RULE = `
The signature is the HMAC-SHA256, in lowercase hex, of the timestamp, a dot, and the bytes of the body. The secret can
also be set in WEBMACS_WEBHOOK_SECRET. Exits 6 if the signature is not valid.`;

async function verifySignature(ctx: Context, file: string, options: VerifyOptions): Promise<void> {
  if (file === '-' && options.secretStdin) {
    throw new InvalidInputError('Standard input cannot be both the secret and the body.', {
      hint: 'Pass the secret with --secret-file or in WEBMACS_WEBHOOK_SECRET.',
    });
  }
  const { timestamp, signature } = await ctx.prompts.missing(options, {
    timestamp: { option: '--timestamp', ask: 'X-Webhook-Timestamp' },
    signature: { option: '--signature', ask: 'X-Webhook-Signature' },
  });
  if (!/^\d{1,15}$/.test(timestamp)) {
    throw new InvalidInputError(`--timestamp: "${timestamp}" is not a number of unix seconds.`);
  }
  const given = await givenSecret(ctx, options);
  if (!given) {
    throw new InvalidInputError('Missing: the secret.', {
      hint: 'Use --secret-stdin, --secret-file FILE or WEBMACS_WEBHOOK_SECRET; it cannot be an argument.',
    });
  }
  const body = await readBytes(file, { maxBytes: MAX_PAYLOAD_BYTES, stdin: ctx.streams.stdin });
  const verdict = verify({ secret: given.secret, timestamp, signature, body }, ctx.now(), options.tolerance);
  const signed = signedBytes(timestamp, body).toString('utf8');
  const facts = {
    signature: verdict.signature,
    reason: verdict.reason ?? null,
    guess: verdict.guess ?? null,
    age_seconds: verdict.ageSeconds,
    signed,
    expected: verdict.expected,
    given: signature,
  };
  if (verdict.signature === 'right') {
    return await ctx.output.done(ctx.output.success('The signature is valid.'), facts);
  }
  if (ctx.output.structured) {
    await ctx.output.one(facts);
  } else {
    const lines = [
      `signed:   ${printable(signed)}`,
      `expected: ${verdict.expected}`,
      `given:    ${printable(signature)}`,
    ];
    await ctx.output.text(`${lines.join('\n')}\n`);
  }
  const hint =
    verdict.signature === 'expired'
      ? 'Reject it: it may be a replay. If it is recent, check the clocks of both machines.'
      : (verdict.guess ?? 'Compare the signed text with yours, byte for byte.');
  throw new CheckFailedError(verdict.reason ?? 'The signature does not match.', { hint });
}
