import type { ClientBase, Pool } from 'pg';
import { failureCode } from '../database/failure.ts';
import { briefly, type ConversionOptions } from './conversion.ts';

const NOT_SUPPORTED = '0A000';

/** @returns whether the licence of the server's TimescaleDB includes it */
export async function compress(pool: Pool, api: string, seconds: number, options: ConversionOptions): Promise<boolean> {
  await options.onStep('setting up compression');
  try {
    await briefly(pool, options, async (client: ClientBase) => {
      await client.query(`alter table datapoints set (timescaledb.compress, timescaledb.compress_segmentby = 'event_public_id',
                                                      timescaledb.compress_orderby = '"timestamp"')`);
      await client.query(`select ${api}.remove_compression_policy('datapoints', if_exists => true)`);
      await client.query(`select ${api}.add_compression_policy('datapoints', make_interval(secs => $1::float8))`, [
        seconds,
      ]);
    });
    return true;
  } catch (error) {
    if (failureCode(error) === NOT_SUPPORTED) {
      return false;
    }
    throw error;
  }
}
