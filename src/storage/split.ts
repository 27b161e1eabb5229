import type { Pool } from 'pg';
import { identifier } from '../database/sql.ts';
import { alone } from './alone.ts';
import { expectNothingLost, reading } from './conversion.ts';
import type { CopyOptions } from './copy-rows.ts';
import { type Mirror, replaceByCopy } from './mirror.ts';
import type { Period } from './periods.ts';
import { addReferences } from './references.ts';
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
      await replaceByCopy(pool, splitMirror(pool, leaf, pieces, options), options);
    }
    return pieces;
  });
}

function splitMirror(pool: Pool, { leaf }: StoredLeaf, pieces: readonly Piece[], options: CopyOptions): Mirror {
  const copy = COPIES.split;
  return {
    conversion: 'split',
    source: leaf,
    check: async (client) => await expectNothingLost(client, leaf.name, 'its parts'),
    async create(client) {
      const facts = await tableFacts(client, leaf.name);
      const { owner, schema } = facts;
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
      ];
    },
    async finish() {
      await addReferences(
        pool,
        pieces.map(({ name }) => name),
        options,
      );
    },
    async replace() {
      return [
        ...pieces.map(({ name }) => `alter table ${copy} detach partition ${identifier(name)}`),
        `alter table datapoints detach partition ${leaf.sql}`,
        ...pieces.map((piece) => `alter table datapoints attach partition ${identifier(piece.name)} ${bounds(piece)}`),
        `drop table ${copy}`,
        `drop table ${leaf.sql}`,
      ];
    },
  };
}

function bounds({ from, to }: Piece): string {
  return `for values from (${from === null ? 'minvalue' : timeLiteral(from)}) to (${timeLiteral(to)})`;
}
