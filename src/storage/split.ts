import type { Pool } from 'pg';
import { identifier } from '../database/sql.ts';
import { alone } from './alone.ts';
import { expectNothingLost, reading } from './conversion.ts';
import type { CopyOptions } from './copy-rows.ts';
import { type Mirror, replaceByCopy } from './mirror.ts';
import { withoutIdentity } from './next-id.ts';
import type { Period } from './periods.ts';
import { referencesOf } from './references.ts';
import { type Piece, splitPlan } from './split-plan.ts';
import type { StoredLeaf } from './storage.ts';
import { columnSettings, storageOptions, timeLiteral } from './swap.ts';
import { COPIES, tableFacts } from './table-facts.ts';

interface SplitOptions extends CopyOptions {
  /** The partition to be split; by default the first. */
  partition?: string | undefined;
  /** The length of the new ones; by default that of the last. */
  period?: Period | undefined;
}

/**
 * Splits a partition into shorter ones, while it is read and written.
 * @returns the new partitions; none if there was nothing to split
 * @throws ConflictError if the partition has what would be lost; NotFoundError; LockTimeoutError
 */
export async function split(pool: Pool, { partition, period, ...options }: SplitOptions): Promise<Piece[]> {
  return await alone(pool, options, async () => {
    const { leaf, pieces } = await reading(pool, (client) => splitPlan(client, { partition, period }));
    if (leaf) {
      await replaceByCopy(pool, splitMirror(leaf, pieces), options);
    }
    return pieces;
  });
}

function splitMirror({ leaf }: StoredLeaf, pieces: readonly Piece[]): Mirror {
  const copy = COPIES.split;
  return {
    conversion: 'split',
    source: leaf,
    check: async (client) => await expectNothingLost(client, leaf.name, 'its parts'),
    async create(client) {
      const facts = await tableFacts(client, leaf.name);
      const { owner, schema } = facts;
      const references = referencesOf(await tableFacts(client, 'datapoints'));
      return [
        `create table ${schema}.${copy} (like datapoints including all excluding identity) partition by range ("timestamp")`,
        ...pieces.map((piece) => {
          const { name, from, to } = piece;
          const check = `${from === null ? '' : `"timestamp" >= ${timeLiteral(from)} and `}"timestamp" < ${timeLiteral(to)}`;
          return `create table ${schema}.${identifier(name)} partition of ${schema}.${copy} (constraint ${copy} check (${check})) ${bounds(piece)}${storageOptions(facts)}`;
        }),
        ...pieces.flatMap(({ name }) => columnSettings(facts, `${schema}.${identifier(name)}`)),
        ...[copy, ...pieces.map(({ name }) => name)].map(
          (name) => `alter table ${schema}.${identifier(name)} owner to ${owner}`,
        ),
        // Last, for meanwhile the events cannot be changed.
        ...(references.length > 0 ? [`alter table ${schema}.${copy} ${references.join(', ')}`] : []),
      ];
    },
    async finish() {},
    async replace(client) {
      const [first, last] = [pieces[0], pieces.at(-1)];
      const whole = first && last ? bounds({ ...last, from: first.from }) : '';
      // In one step, however many there are; `unnest` moves them.
      const { before, after } = withoutIdentity(await tableFacts(client, 'datapoints'));
      return [
        ...before,
        `alter table datapoints detach partition ${leaf.sql}`,
        `drop table ${leaf.sql}`,
        `alter table datapoints attach partition ${copy} ${whole}`,
        ...after,
      ];
    },
  };
}

function bounds({ from, to }: Piece): string {
  return `for values from (${from === null ? 'minvalue' : timeLiteral(from)}) to (${timeLiteral(to)})`;
}
