import { UnderscoreNamingStrategy } from '@mikro-orm/core';
import { defineConfig, type Options } from '@mikro-orm/postgresql';
import type { PoolConfig } from 'pg';
import { LAYOUTS } from './layouts/layouts.ts';
import { type Known, metadataProviderFor } from './layouts/metadata.ts';

/**
 * What the ORM needs to know, for the program and for MikroORM's own command line alike.
 * @param connection settings of `pg`, which win over everything the ORM would choose
 * @param entities those to begin with; those that they refer to are known too
 * @param known what the database is known to have, asked when an entity is discovered
 */
export function ormOptions(
  connection: PoolConfig,
  entities: Options['entities'] = [...LAYOUTS.own.entities],
  known: () => Known = () => ({ layout: LAYOUTS.own, isOpen: () => true }),
): Options {
  return defineConfig({
    entities,
    // The program asks the database first what its layout is.
    discovery: { warnWhenNoEntities: false },
    metadataProvider: metadataProviderFor(known),
    namingStrategy: PostgresNamingStrategy,
    // The ORM wants a name of its own; the pool's decides.
    dbName: connection.database ?? 'webmacs',
    driverOptions: connection,
    // Creating a database is nobody's side effect here.
    ensureDatabase: false,
    // What is read stays in the memory of an entity manager: each use has its own.
    allowGlobalContext: false,
    // The order of a discovery that needs no file is fixed; nothing is read from disk at start-up.
    metadataCache: { enabled: false },
  });
}

/** Constraint and index names as PostgreSQL itself and the WebMACS server choose them. */
class PostgresNamingStrategy extends UnderscoreNamingStrategy {
  override indexName(
    tableName: string,
    columns: string[],
    type: 'primary' | 'foreign' | 'unique' | 'index' | 'sequence' | 'check' | 'default',
  ): string {
    const name = `${tableName}_${columns.join('_')}`;
    switch (type) {
      case 'primary':
        return `${tableName}_pkey`;
      case 'foreign':
        return `${name}_fkey`;
      case 'unique':
        return `${name}_key`;
      case 'index':
        return `ix_${name}`;
      default:
        return `${name}_${type}`;
    }
  }
}
