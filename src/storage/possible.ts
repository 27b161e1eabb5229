import type { Pool } from 'pg';
import { ConflictError } from '../errors.ts';
import type { Advised } from './advice.ts';
import { expectKept } from './beside.ts';
import { expectNoObstacles, look, reading } from './conversion.ts';
import { AHEAD, missingPartitions } from './extend.ts';
import { partitionPlan } from './partition.ts';
import { plainPlan } from './plain.ts';
import { splitPlan } from './split-plan.ts';
import { tableFacts } from './table-facts.ts';
import { expectConvertible } from './timescale.ts';
import { wayToWiden } from './widen.ts';

/** What each command checks before it changes anything. */
const CHECKS: Record<Advised, (pool: Pool) => Promise<unknown>> = {
  partition: (pool) => partitionPlan(pool, { period: 'month', ahead: AHEAD }),
  split: (pool) => reading(pool, (client) => splitPlan(client, {})),
  extend: (pool) => reading(pool, (client) => missingPartitions(client, { ahead: AHEAD })),
  plain: expectPlainPossible,
  timescale: (pool) => expectConvertible(pool),
  'timescale --compress-after 30d': async () => {},
  'timescale --hourly': (pool) => expectConvertible(pool, true),
  widen: wayToWiden,
  citus: async () => {},
};

/**
 * Checks that the datapoints can become one table.
 * @throws ConflictError
 */
export async function expectPlainPossible(pool: Pool): Promise<void> {
  const { form } = await look(pool);
  if (form === 'distributed') {
    return await reading(pool, (client) => expectKept(client, 'plain', true));
  }
  const { way } = await plainPlan(pool);
  await reading(pool, async (client) => {
    if (way === 'copy') {
      await expectKept(client, 'plain');
    } else if (way === 'switch') {
      expectNoObstacles(await tableFacts(client, 'datapoints'));
    }
  });
}

/** @returns with what a command would be refused now */
export async function refusalOf(pool: Pool, command: Advised): Promise<ConflictError | undefined> {
  try {
    await CHECKS[command](pool);
    return undefined;
  } catch (error) {
    if (error instanceof ConflictError) {
      return error;
    }
    throw error;
  }
}
