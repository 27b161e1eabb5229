import type { Configuration, EntityClass, EntityMetadata } from '@mikro-orm/core';
import { MetadataProvider } from '@mikro-orm/core';
import { columnProperties, columnSourceOf, type Layout, schemaOf } from './layouts.ts';

/** What a database is known to have. */
export interface Known {
  layout: Layout;
  /** The entities that have been opened; an entity has no relation to one that has not. */
  isOpen(entity: EntityClass): boolean;
}

/**
 * Lets the ORM know the entities as a layout has them: other columns under the same properties, properties that are
 * read from others, and none that the table does not have.
 * @param known asked whenever an entity is discovered: the layout is known once the database has been looked at
 */
export function metadataProviderFor(known: () => Known): new (config: Configuration) => MetadataProvider {
  return class extends MetadataProvider {
    override loadEntityMetadata(meta: EntityMetadata): void {
      // The ORM discovers a copy of the definition, so that others may know the same entity otherwise.
      place(meta, known());
      super.loadEntityMetadata(meta);
    }
  };
}

function place(meta: EntityMetadata, { layout, isOpen }: Known): void {
  const columns = new Map(columnProperties(schemaOf(meta.class)).map((column) => [column.property, column]));
  for (const property of Object.values(meta.properties)) {
    const column = columns.get(property.name);
    const where = column && columnSourceOf(layout, meta.tableName, column);
    if (where === undefined) {
      if (!isOpen(property.target)) {
        meta.removeProperty(property.name);
      }
    } else if (where === null || (typeof where === 'object' && !where.readable)) {
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
