import type { EntityMetadata, MikroORM } from '@mikro-orm/core';
import { type EntityManager, SchemaGenerator } from '@mikro-orm/postgresql';

/**
 * The schema generator for tables whose primary key is not the key that the ORM goes by: foreign keys refer to the
 * public id of a user, an event or an experiment, so that is its key as an entity, while its table has `id`.
 */
export class TableGenerator extends SchemaGenerator {
  /** For MikroORM's own command line. */
  static override register(orm: MikroORM): void {
    // An extension is registered with an ORM of any driver, before that has an entity manager; the configuration has this one.
    const emOf = () => orm.em as EntityManager;
    orm.config.registerExtension('@mikro-orm/schema-generator', () => new TableGenerator(emOf()));
  }

  protected override getOrderedMetadata(schema?: string, includeWildcardSchema?: boolean): EntityMetadata[] {
    return super.getOrderedMetadata(schema, includeWildcardSchema).map(asTable);
  }
}

/** A copy: the ORM goes on with the original. */
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
