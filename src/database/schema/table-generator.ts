import type { EntityMetadata, MikroORM } from '@mikro-orm/core';
import { type EntityManager, SchemaGenerator } from '@mikro-orm/postgresql';

/**
 * A schema generator for tables whose primary key is not the primary key in the ORM: foreign keys refer to the public id of a
 * user, an event or an experiment, so that is the key of the entity, while the key of its table is `id`.
 */
export class TableGenerator extends SchemaGenerator {
  /** For MikroORM's own command line. */
  static override register(orm: MikroORM): void {
    // The type allows any driver, and the ORM has no entity manager yet; ours is that of PostgreSQL.
    const emOf = () => orm.em as EntityManager;
    orm.config.registerExtension('@mikro-orm/schema-generator', () => new TableGenerator(emOf()));
  }

  protected override getOrderedMetadata(schema?: string, includeWildcardSchema?: boolean): EntityMetadata[] {
    return super.getOrderedMetadata(schema, includeWildcardSchema).map(asTable);
  }
}

/** Returns a copy: the ORM keeps using the original. */
function asTable(meta: EntityMetadata): EntityMetadata {
  const { id, publicId, ...rest } = meta.properties;
  if (!id || !publicId?.primary) {
    return meta;
  }
  const properties = {
    id: { ...id, primary: true, unique: false },
    publicId: { ...publicId, primary: false, unique: true },
    ...rest,
  };
  return Object.assign(Object.create(meta), { properties, props: Object.values(properties), primaryKeys: ['id'] });
}
