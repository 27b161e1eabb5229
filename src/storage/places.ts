import type { Pool } from 'pg';
import { ConflictError } from '../errors.ts';
import { counted } from '../text/counted.ts';
import { look, reading } from './conversion.ts';
import { isBounded } from './storage.ts';

/**
 * Checks that a target has a partition for the time of each datapoint of a source.
 * @throws ConflictError
 */
export async function expectPlaces(source: Pool, target: Pool): Promise<void> {
  const storage = await look(target);
  if (!isBounded(storage)) {
    return;
  }
  const { leaves } = storage;
  const places = leaves.map((_, at) => `"timestamp" >= $${2 * at + 1} and "timestamp" < $${2 * at + 2}`).join(' or ');
  const { rows } = await reading(source, (client) =>
    client.query<{ rows: number; first: string; last: string }>(
      `select count(*)::float8 as rows, min("timestamp")::text as first, max("timestamp")::text as last
         from datapoints where not (${places || 'false'})`,
      leaves.flatMap(({ from, to }) => [from ?? '-infinity', to ?? 'infinity']),
    ),
  );
  const [found] = rows;
  if (found && found.rows > 0) {
    throw new ConflictError(
      `The target has no partition for ${counted(found.rows, 'datapoint')} with times from ${found.first} to ${found.last}.`,
      {
        hint: 'For times to come, run "webmacs db storage extend" on the target; "webmacs db storage status" shows its partitions.',
      },
    );
  }
}
