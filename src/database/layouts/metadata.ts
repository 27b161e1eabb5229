import type { Configuration, EntityClass, EntityMetadata } from '@mikro-orm/core';
import { MetadataProvider } from '@mikro-orm/core';
import { columnProperties, columnSourceOf, type Layout, schemaOf } from './layouts.ts';

/** What is known of a database. */
export interface Known {
  layout: Layout;
  /** Whether an entity is open; relations to others are left out. */
  isOpen(entity: EntityClass): boolean;
}

/**
 * Returns a metadata provider that maps the entities to a layout: renamed columns, properties that are derived from others,
 * and none that the table does not have.
 * @param known read whenever an entity is discovered: the layout is detected only after connecting
 */
export function metadataProviderFor(known: Known): new (config: Configuration) => MetadataProvider {
  return class extends MetadataProvider {
    override loadEntityMetadata(meta: EntityMetadata): void {
      // The ORM discovers a copy of the definition, so that another ORM can map the same entity differently.
      mapColumns(meta, known);
      super.loadEntityMetadata(meta);
    }
  };
}

function mapColumns(meta: EntityMetadata, known: Known): void {
  const columns = new Map(columnProperties(schemaOf(meta.class)).map((column) => [column.property, column]));
  for (const property of Object.values(meta.properties)) {
    const column = columns.get(property.name);
    const source = column && columnSourceOf(known.layout, meta.tableName, column);
    if (source === undefined) {
      if (!known.isOpen(property.target)) {
        meta.removeProperty(property.name);
      }
    } else if (source === null || (typeof source === 'object' && !source.readable)) {
      meta.removeProperty(property.name);
    } else if (typeof source === 'object') {
      property.formula = () => `(${source.sql})`;
      property.persist = false;
    } else {
      property.fieldNames = [source];
      if ('entity' in property) {
        property.joinColumns = [source];
      }
    }
  }
}
