import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { printable } from '../../cli/text.ts';
import { parseDuration } from '../../cli/time.ts';
import { CheckFailedError, InvalidInputError } from '../../errors.ts';
import { readBytes } from '../../files/input.ts';
import { MAX_PAYLOAD_BYTES } from '../../webhooks/envelope.ts';
import { signedBytes } from '../../webhooks/sign.ts';
import { verify } from '../../webhooks/verify.ts';
import { givenSecret, type SecretOptions, secretOptions } from './secret.ts';

export interface VerifyOptions extends SecretOptions {
  timestamp?: string;
  signature?: string;
  tolerance?: string;
}

export function declareVerify(parent: Command, ctx: Context): void {
  const command = parent
    .command('verify')
    .argument('<bodyfile>', 'the body exactly as it was received; - for standard input')
    .description('say whether the signature of a delivery is right, and why not')
    .option('--timestamp <seconds>', 'the header X-Webhook-Timestamp')
    .option('--signature <hex>', 'the header X-Webhook-Signature')
    .option('--tolerance <time>', 'how far the timestamp may be from now, such as 5m; by default it is not looked at');
  secretOptions(command).action(async (file: string, options) => await verifySignature(ctx, file, options));
  command.addHelpText('after', RULE);
  examples(
    command,
    ['webmacs webhooks verify --secret-file s.txt --timestamp 1767225600 --signature 5f3c… body.json'],
    ['pass show lab/hook | webmacs webhooks verify --secret-stdin --timestamp "$T" --signature "$S" body.json'],
  );
}

const RULE = `
The signature is the HMAC-SHA256, in small hexadecimal digits, of the timestamp, a point, and the bytes of the body.
The secret can also be in WEBMACS_WEBHOOK_SECRET. Exits 6 when the signature is wrong.`;

/** Tells a receiver's author whether a signature is right. */
export async function verifySignature(ctx: Context, file: string, options: VerifyOptions): Promise<void> {
  if (file === '-' && options.secretStdin) {
    throw new InvalidInputError('Standard input cannot be both the secret and the body.', {
      hint: 'Give the secret with --secret-file or in WEBMACS_WEBHOOK_SECRET.',
    });
  }
  const { timestamp, signature } = await ctx.prompts.missing(
    { timestamp: options.timestamp, signature: options.signature },
    QUESTIONS,
  );
  if (!/^\d{1,15}$/.test(timestamp)) {
    throw new InvalidInputError(`--timestamp: "${timestamp}" is no number of unix seconds.`);
  }
  const tolerance = options.tolerance === undefined ? undefined : parseDuration(options.tolerance, '--tolerance');
  const given = await givenSecret(ctx, options);
  if (!given) {
    throw new InvalidInputError('Missing: the secret.', {
      hint: 'Use --secret-stdin, --secret-file FILE or WEBMACS_WEBHOOK_SECRET; never the command line itself.',
    });
  }
  const body = await readBytes(file, { maxBytes: MAX_PAYLOAD_BYTES, stdin: ctx.streams.stdin });
  const verdict = verify({ secret: given.secret, timestamp, signature, body }, ctx.now(), tolerance);
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
    return await ctx.output.done(ctx.output.success('The signature is right.'), facts);
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
      ? 'Refuse it: it may have been recorded, and sent again. A right one that looks old means a clock that is off.'
      : (verdict.guess ?? 'Compare the text that was signed, byte for byte, with yours.');
  throw new CheckFailedError(verdict.reason ?? 'The signature is wrong.', { hint });
}

const QUESTIONS = {
  timestamp: { option: '--timestamp', ask: 'X-Webhook-Timestamp' },
  signature: { option: '--signature', ask: 'X-Webhook-Signature' },
};
