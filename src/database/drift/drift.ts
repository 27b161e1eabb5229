import type { Database } from '../database.ts';
import { compare } from './compare.ts';
import type { Drift } from './findings.ts';
import { ownTables } from './own.ts';
import { presentTables } from './present.ts';
import { serverTables } from './server.ts';

/**
 * How the tables of a database differ from its layout: from the entities where the schema is ours, from what the server
 * makes where it is the server's. One query on the catalogs, which everybody may read.
 */
export async function driftOf({ orm, em, layout }: Pick<Database, 'orm' | 'em' | 'layout'>): Promise<Drift> {
  const wanted = layout.name === 'own' ? ownTables(orm) : serverTables(layout.name);
  const names = wanted.flatMap(({ indexes, keys }) => [...indexes, ...keys].map(({ name }) => name));
  const present = await presentTables(
    em,
    wanted.map(({ name }) => name),
    names,
  );
  return compare(wanted, present, layout.owner === 'webmacs');
}
