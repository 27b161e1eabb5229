import { send, type Transport } from './send.ts';

/** The result of forwarding a delivery. */
export interface ForwardResult {
  url: string;
  /** The status of the answer; null if there was none. */
  code: number | null;
  contentType: string | null;
  body: Buffer | null;
  /** Why there was no answer, as a sentence. */
  problem: string | null;
}

/** Hop-by-hop headers (RFC 9110, section 7.6.1), and those that fetch sets itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Whether this listener has already forwarded a request. */
export function hasForwarded(via: string | undefined, id: string): boolean {
  return via?.split(',').some((hop) => hop.trim().split(' ')[1] === id) ?? false;
}

/** Forwards a delivery: the same bytes, and all headers but the hop-by-hop ones. */
export async function forward(
  url: string,
  headers: Record<string, string>,
  body: Buffer,
  id: string,
  transport: Transport,
): Promise<ForwardResult> {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const kept = Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name) && !named.includes(name));
  const via = [headers.via, `1.1 ${id}`].filter(Boolean).join(', ');
  const { answer, failure } = await send({ url, headers: { ...Object.fromEntries(kept), via }, body }, transport);
  return {
    url,
    code: answer?.code ?? null,
    contentType: answer?.headers.find(([name]) => name === 'content-type')?.[1] ?? null,
    body: answer?.body ?? null,
    problem: failure?.message ?? null,
  };
}
