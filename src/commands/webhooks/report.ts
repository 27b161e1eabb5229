import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { grouped, printable } from '../../cli/text.ts';
import type { Attempt, Outcome } from '../../webhooks/deliver.ts';
import { maskedUrl } from '../../webhooks/url.ts';
import { rowOf } from '../standard/noun.ts';
import { DELIVERIES } from './noun.ts';

export const OUTCOME_COLUMNS = [
  'webhook',
  'event_type',
  'status',
  'attempts',
  'response_code',
  'total_ms',
  'last_error',
  'public_id',
];

/** How much of the signed text is printed; JSON contains all of it. */
const MAX_CHARACTERS = 2048;

export async function outcomeRow(ctx: Context, { delivery, webhook, attempts }: Outcome): Promise<Row> {
  const last = attempts.at(-1);
  return {
    ...(await rowOf(ctx, DELIVERIES, delivery)),
    webhook: maskedUrl(webhook.url),
    webhook_public_id: webhook.publicId,
    first_byte_ms: last?.exchange.firstByteMs ?? null,
    total_ms: last?.exchange.totalMs ?? null,
    tries: attempts.map(attemptRow),
  };
}

export function outcomeLine({ output }: Context, { delivery, webhook, attempts }: Outcome): string {
  const { exchange, failure } = attempts.at(-1) ?? {};
  const what = `${printable(maskedUrl(webhook.url))}  ${output.style.dim(delivery.publicId.slice(0, 8))}`;
  return failure
    ? `${output.style.red('✗')} ${what}  ${printable(failure.message)}\n`
    : `${output.success(`${what}  ${printable(exchange?.answer?.status ?? '')}, ${exchange?.totalMs} ms`)}\n`;
}

/** Describes one attempt in all details, for debugging. */
export function attemptText(ctx: Context, attempt: Attempt): string {
  const { style } = ctx.output;
  const { number, exchange, failure, signed, signature, requestHeaders } = attempt;
  const { answer, firstByteMs, totalMs, proxy } = exchange;
  const times = `${firstByteMs === null ? '' : `first byte after ${firstByteMs} ms, `}${totalMs} ms total`;
  const status = printable(answer?.status ?? 'failed');
  const outcome = failure === null ? style.green(status) : style.red(status);
  return [
    `${style.bold(`Attempt ${number}`)}: ${outcome}, ${times}${proxy ? `, through the proxy ${proxy}` : ''}`,
    ...Object.entries(requestHeaders).map(([name, value]) => style.dim(`  > ${name}: ${value}`)),
    `  signed:    ${signed === null ? 'nothing, the webhook has no secret' : truncated(signed)}`,
    ...(signature === null ? [] : [`  signature: ${signature}`]),
    ...(answer?.headers ?? []).map(([name, value]) => style.dim(`  < ${printable(`${name}: ${value}`)}`)),
    ...bodyLines(exchange),
    ...(failure === null ? [] : [`  ${style.red(printable(failure.message))}`]),
    '',
  ].join('\n');
}

function bodyLines({ answer }: Attempt['exchange']): string[] {
  if (!answer || answer.body.length === 0) {
    return [];
  }
  // The last character may be incomplete.
  const text = new TextDecoder().decode(answer.body, { stream: !answer.bodyComplete });
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const rest = answer.bodyComplete ? [] : [`  … (the first ${grouped(answer.body.length)} bytes)`];
  return ['', ...lines.map((line) => `  ${printable(line)}`), ...rest, ''];
}

function attemptRow({ number, timestamp, requestHeaders, signed, signature, exchange, failure }: Attempt): Row {
  const { answer, firstByteMs, totalMs, proxy } = exchange;
  return {
    attempt: number,
    timestamp: Number(timestamp),
    request_headers: requestHeaders,
    signed,
    signature,
    proxy,
    response_code: answer?.code ?? null,
    response_status: answer?.status ?? null,
    response_headers: answer?.headers.map(([name, value]) => ({ name, value })) ?? null,
    response_body: answer?.body.toString('utf8') ?? null,
    response_body_complete: answer?.bodyComplete ?? null,
    first_byte_ms: firstByteMs,
    total_ms: totalMs,
    error: failure === null ? null : { kind: failure.kind, message: failure.message, hint: failure.hint ?? null },
  };
}

/** Returns text as one printable line of limited length. */
export function truncated(text: string): string {
  return text.length > MAX_CHARACTERS
    ? `${printable(text.slice(0, MAX_CHARACTERS))}… (${grouped(Buffer.byteLength(text))} bytes total)`
    : printable(text);
}
