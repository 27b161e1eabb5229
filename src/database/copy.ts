import type { Readable, Writable } from 'node:stream';
import type { ClientBase } from 'pg';
import { from, to } from 'pg-copy-streams';

/** Returns the output of `COPY ... TO STDOUT`. The client must not run anything else until the stream has ended. */
export function copyTo(client: ClientBase, sql: string): Readable {
  return client.query(to(sql));
}

/** Returns a stream to the input of `COPY ... FROM STDIN`. Destroying it with an error cancels the copy. */
export function copyFrom(client: ClientBase, sql: string): Writable {
  return client.query(from(sql));
}
