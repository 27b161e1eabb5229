import type { Database } from '../database.ts';
import { compare } from './compare.ts';
import type { Drift } from './findings.ts';
import { ownTables } from './own.ts';
import { presentTables } from './present.ts';
import { wantedServerTables } from './server.ts';

/**
 * Compares the tables of a database with its layout: with the entities if the schema is ours, with the server's tables if it
 * is the server's. Takes one query on the system catalogs, which every role may read.
 */
export async function findDrift({ orm, em, layout }: Pick<Database, 'orm' | 'em' | 'layout'>): Promise<Drift> {
  const wanted = layout.name === 'own' ? ownTables(orm) : wantedServerTables(layout.name);
  const names = wanted.flatMap(({ indexes, keys }) => [...indexes, ...keys].map(({ name }) => name));
  const present = await presentTables(
    em,
    wanted.map(({ name }) => name),
    names,
  );
  return compare(wanted, present, layout.owner === 'webmacs');
}
