import type { ClientBase } from 'pg';
import { ConflictError } from '../errors.ts';

/** A chunk as it was when a transaction began. */
interface ReadChunk {
  id: number;
  /** That of its row in the catalogue: TimescaleDB updates it with each change of the state of the chunk. */
  version: string;
  compressedId: number | null;
  /** Whether all its rows were compressed: those that are written later are apart, and the compressed ones stay as they are. */
  isWhole: boolean;
}

/** Returns the chunks of which a transaction of one snapshot has read something. */
export async function chunksRead(client: ClientBase): Promise<ReadChunk[]> {
  const { rows } = await client.query<ReadChunk>(
    `select k.id, k.xmin::text as version, compressed_chunk_id as "compressedId", status & 9 = 1 as "isWhole"
       from _timescaledb_catalog.chunk k join pg_namespace n on nspname = schema_name
       join pg_class c on relnamespace = n.oid and relname = table_name
      where c.oid in (select relation from pg_locks where pid = pg_backend_pid() and locktype = 'relation')`,
  );
  return rows;
}

/**
 * Checks, once the transaction has ended, that TimescaleDB has not compressed or decompressed these chunks meanwhile: of the rows
 * that it moves, a snapshot from before sees neither the old nor the new ones.
 * @throws ConflictError if it has
 */
export async function expectNotMoved(client: ClientBase, chunks: readonly ReadChunk[]): Promise<void> {
  const { rowCount } = await client.query(
    `select from jsonb_to_recordset($1) as old (id int, version text, "compressedId" int, "isWhole" boolean)
       join _timescaledb_catalog.chunk now using (id)
      where now.xmin::text <> version and not ("isWhole" and compressed_chunk_id is not distinct from "compressedId") limit 1`,
    [JSON.stringify(chunks)],
  );
  if (rowCount) {
    throw new ConflictError(
      'TimescaleDB has compressed or decompressed datapoints while they were read, so some may be missing from what was read.',
      { hint: 'Run it again. What it may have written is not complete.' },
    );
  }
}
