import type { Configuration, EntityMetadata } from '@mikro-orm/core';
import { MetadataProvider } from '@mikro-orm/core';
import { type Layout, placeOf } from './layouts.ts';

/**
 * Lets the ORM know the entities as a layout has them: other columns under the same properties, properties that are
 * read from others, and none that the table does not have.
 * @param layout asked whenever an entity is discovered: it is known once the database has been looked at
 */
export function metadataProviderFor(layout: () => Layout): new (config: Configuration) => MetadataProvider {
  return class extends MetadataProvider {
    override loadEntityMetadata(meta: EntityMetadata): void {
      // The ORM discovers a copy of the definition, so that others may know the same entity otherwise.
      place(meta, layout());
      super.loadEntityMetadata(meta);
    }
  };
}

function place(meta: EntityMetadata, layout: Layout): void {
  for (const property of Object.values(meta.properties)) {
    const where = placeOf(layout, meta.tableName, property.name);
    if (where === null || (typeof where === 'object' && !where.readable)) {
      meta.removeProperty(property.name);
    } else if (typeof where === 'object') {
      property.formula = () => `(${where.sql})`;
      property.persist = false;
    } else {
      property.fieldNames = [where];
      if ('entity' in property) {
        property.joinColumns = [where];
      }
    }
  }
}
