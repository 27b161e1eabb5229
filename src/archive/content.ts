import type { ClientBase } from 'pg';
import { contentIn } from '../export/cut.ts';
import { selection } from '../export/query.ts';
import { type ArchivedFile, requestOf } from './manifest.ts';

type Content = Awaited<ReturnType<typeof contentIn>>;

/** Returns the fingerprint of what the database has of a period. */
export async function contentOf(
  client: ClientBase,
  period: Parameters<typeof requestOf>[0],
  hasIds: boolean,
): Promise<Content> {
  return await contentIn(client, `datapoints d where ${selection(requestOf(period))}`, hasIds);
}

/** Whether it is that of the datapoints in a file. */
export function isContentOf({ datapoints, hash }: Content, { rows, content }: ArchivedFile): boolean {
  return datapoints === rows && hash === content;
}
