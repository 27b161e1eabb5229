import { UnderscoreNamingStrategy } from '@mikro-orm/core';
import { defineConfig, type Options } from '@mikro-orm/postgresql';
import type { PoolConfig } from 'pg';
import { LAYOUTS } from './layouts/layouts.ts';
import { type Known, metadataProviderFor } from './layouts/metadata.ts';

/**
 * Returns the ORM's options, for the program and for MikroORM's own command line.
 * @param connection settings of `pg`, which override the ORM's
 * @param entities those to discover at once; those that they refer to are included
 * @param known what is known of the database, read when an entity is discovered
 */
export function ormOptions(
  connection: PoolConfig,
  entities: Options['entities'] = [...LAYOUTS.own.entities],
  known: Known = { layout: LAYOUTS.own, isOpen: () => true },
): Options {
  return defineConfig({
    entities,
    // The program detects the layout of the database first.
    discovery: { warnWhenNoEntities: false },
    metadataProvider: metadataProviderFor(known),
    namingStrategy: PostgresNamingStrategy,
    // Required by the ORM; the pool's own setting applies.
    dbName: connection.database ?? 'webmacs',
    driverOptions: connection,
    // No command creates a database as a side effect.
    ensureDatabase: false,
    // An identity map keeps what was read: each use has its own entity manager.
    allowGlobalContext: false,
    // Discovery needs no files, so nothing is read from disk at start-up.
    metadataCache: { enabled: false },
  });
}

/** Names constraints and indexes as PostgreSQL and the WebMACS server do. */
class PostgresNamingStrategy extends UnderscoreNamingStrategy {
  override indexName(
    tableName: string,
    columns: string[],
    type: 'primary' | 'foreign' | 'unique' | 'index' | 'sequence' | 'check' | 'default',
  ): string {
    const name = `${tableName}_${columns.join('_')}`;
    const names: Partial<Record<typeof type, string>> = {
      primary: `${tableName}_pkey`,
      foreign: `${name}_fkey`,
      unique: `${name}_key`,
      index: `ix_${name}`,
    };
    return names[type] ?? `${name}_${type}`;
  }
}
