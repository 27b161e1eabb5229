import { send, type Transport } from './send.ts';

/** What came of passing a delivery on. */
export interface Forwarded {
  url: string;
  /** The status of the one who was forwarded to; null where there was no answer. */
  code: number | null;
  contentType: string | null;
  body: Buffer | null;
  /** Why there was no answer, as a sentence. */
  problem: string | null;
}

/** Headers that concern one connection only (RFC 9110, section 7.6.1), and those that fetch sets itself. */
const OF_ONE_CONNECTION = new Set([
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

/** Whether a request has been forwarded by this very listener before. */
export function hasPassed(via: string | undefined, id: string): boolean {
  return via?.split(',').some((hop) => hop.trim().split(' ')[1] === id) ?? false;
}

/** Passes a delivery on: the same bytes, and the headers that are not of one connection only. */
export async function forward(
  url: string,
  headers: Record<string, string>,
  body: Buffer,
  id: string,
  transport: Transport,
): Promise<Forwarded> {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const kept = Object.entries(headers).filter(([name]) => !OF_ONE_CONNECTION.has(name) && !named.includes(name));
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
