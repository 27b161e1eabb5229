import type { EntityManager } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { poll } from '../database/poll.ts';
import { latestOf } from '../series/latest.ts';
import { type BoardRequest, boardPage } from './board.ts';
import { liveValues } from './board-values.ts';
import { LiveServer } from './live-server.ts';

const EVERY_SECONDS = 1;

export interface WatchRequest extends Omit<BoardRequest, 'live' | 'now'> {
  now(): Date;
  onListening(url: string): Promise<void>;
  onConnection(lost: boolean): Promise<void>;
}

/** Serves a dashboard with its values as they arrive to browsers of this machine, until aborted. */
export async function watchBoard(
  pool: Pool,
  em: EntityManager,
  { onListening, onConnection, ...request }: WatchRequest,
): Promise<void> {
  const { signal, now } = request;
  let eventPublicIds: string[] = [];
  /** When the values that were sent last were measured. */
  let since: Record<string, string> = {};
  const makePage = async (after: number) => {
    const live = { path: 'values', after };
    const page = await boardPage(pool, em, { ...request, now: now(), live });
    eventPublicIds = page.eventPublicIds;
    return page.html;
  };
  await using server = await LiveServer.start(makePage);
  await onListening(server.url);
  const read = async () => await latestOf(em, { eventPublicIds, to: 'infinity', since });
  const report = async (lost: boolean) => {
    server.send(lost ? 'lost' : 'reload', {});
    since = {};
    await onConnection(lost);
  };
  for await (const latest of poll(read, { everySeconds: EVERY_SECONDS, signal, onConnection: report })) {
    since = Object.fromEntries(
      latest.flatMap(({ event, timestamp }) => (timestamp === null ? [] : [[event.publicId, timestamp]])),
    );
    server.send('values', liveValues(latest));
  }
}
