import { once } from 'node:events';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { wholeNumber } from '../../cli/parse.ts';
import { printable } from '../../cli/text.ts';
import { jsonText } from '../../text/json.ts';
import { listen, type ReceivedRequest } from '../../webhooks/listen.ts';
import { checkUrl } from '../../webhooks/url.ts';
import { truncated } from './report.ts';
import { givenSecret, type SecretOptions, secretOptions } from './secret-options.ts';

interface ListenOptions extends SecretOptions {
  port: number;
  /** In seconds. */
  tolerance: number;
  forwardTo?: string;
}

const DEFAULT_PORT = 8484;
/** Limits of the answer to a forwarded delivery. */
const FORWARD = { timeoutSeconds: 10, maxBodyBytes: 65_536 };

export function declareListen(parent: Command, ctx: Context): void {
  parent
    .command('listen')
    .description('receive, verify and print deliveries on this machine until Ctrl-C')
    .option('--port <n>', 'port on 127.0.0.1; 0 for any free port', wholeNumber, DEFAULT_PORT)
    .duration('--tolerance <duration>', 'maximum difference between the timestamp and now', '5m')
    .option('--forward-to <url>', 'forward valid deliveries, and return the answer')
    .with(secretOptions)
    .runs(ctx, receiveDeliveries)
    .examples(
      ['webmacs webhooks listen --secret-file s.txt', 'in one terminal'],
      [`webmacs webhooks test http://127.0.0.1:${DEFAULT_PORT}/`, 'in another'],
      ['webmacs webhooks listen --forward-to http://localhost:3000/hook --json'],
    );
}

/** Prints requests until it is interrupted, which is not an error. */
async function receiveDeliveries(ctx: Context, options: ListenOptions): Promise<void> {
  const given = await givenSecret(ctx, options);
  await using listener = await listen({
    port: options.port,
    secret: given?.secret,
    toleranceSeconds: options.tolerance,
    forwardTo: options.forwardTo === undefined ? undefined : checkUrl(options.forwardTo),
    transport: { ...FORWARD, environment: ctx.environment, insecure: false, signal: ctx.signal },
    now: ctx.now,
    onRequest: async (request) => await print(ctx, request),
  });
  if (ctx.output.structured) {
    await ctx.output.text(`${jsonText({ listening: listener.url })}\n`);
  } else {
    const checked = given ? 'signatures are verified' : 'no secret: signatures are not verified';
    await ctx.output.say(`Listening on ${listener.url} (${checked}; press Ctrl-C to stop).`);
  }
  if (!ctx.signal.aborted) {
    await once(ctx.signal, 'abort');
  }
}

async function print(ctx: Context, request: ReceivedRequest): Promise<void> {
  await ctx.output.text(ctx.output.structured ? `${jsonText(requestRow(request))}\n` : requestText(ctx, request));
}

function requestRow(request: ReceivedRequest) {
  const { receivedOn, method, path, headers, body, signature, problem, forwarded, answered } = request;
  return {
    received_on: receivedOn,
    method,
    path,
    headers,
    event_type: typeOf(body),
    body: body?.toString('utf8') ?? null,
    signature,
    problem,
    forwarded: forwarded && { url: forwarded.url, status: forwarded.code, problem: forwarded.problem },
    answered,
  };
}

function requestText({ output: { style } }: Context, request: ReceivedRequest): string {
  const { receivedOn, method, path, body, signature, problem, forwarded, answered } = request;
  const verdict = {
    right: style.green('valid signature'),
    wrong: style.red('invalid signature'),
    missing: style.red('no signature'),
    expired: style.red('expired signature'),
    not_checked: 'signature not verified',
  }[signature];
  const to = forwarded
    ? `, forwarded to ${forwarded.url}: ${forwarded.code ?? style.red(printable(forwarded.problem ?? ''))}`
    : '';
  const what = printable(`${method} ${path}${typeOf(body) === null ? '' : ` ${typeOf(body)}`}`);
  return [
    `${style.dim(receivedOn.slice(11, 19))} ${style.bold(what)}: ${verdict}${to}, answered ${answered}`,
    ...(body && body.length > 0 ? [`  ${truncated(body.toString('utf8'))}`] : []),
    ...(problem === null ? [] : [`  ${style.red(printable(problem))}`]),
    '',
  ].join('\n');
}

/** Returns the event type, if the body contains one. */
function typeOf(body: Buffer | null): string | null {
  try {
    const content: unknown = JSON.parse(body?.toString('utf8') ?? '');
    const { type } = content as { type?: unknown };
    return typeof type === 'string' ? type : null;
  } catch {
    return null;
  }
}
