import {
  type EntityClass,
  EntityHelper,
  type EntityMetadata,
  type EntitySchema,
  MetadataDiscovery,
} from '@mikro-orm/core';
import type { MikroORM } from '@mikro-orm/postgresql';
import { LAYOUTS, type Layout, schemaOf } from './layouts/layouts.ts';
import type { Known } from './layouts/metadata.ts';

/** An entity class, such as `Event`. */
export type Entity = EntityClass;

/**
 * What was discovered in this process, by the steps up to then: their layouts and tables. It depends on nothing else, and to
 * discover it again takes longer than a query.
 */
const DISCOVERED = new Map<string, readonly EntityMetadata[]>();

/** The entities that an ORM knows. */
export class OpenEntities implements Known {
  #layout: Layout = LAYOUTS.own;
  readonly #open = new Set<Entity>();
  #steps = '';

  get layout(): Layout {
    return this.#layout;
  }

  isOpen(entity: Entity): boolean {
    return this.#open.has(entity);
  }

  /** Makes those that are not open yet known to the ORM, and those that they refer to. */
  open(orm: MikroORM, layout: Layout, wanted: readonly Entity[]): void {
    const unknown = [...new Set(wanted.flatMap(withReferences))].filter((entity) => !this.isOpen(entity));
    if (unknown.length === 0) {
      return;
    }
    this.#layout = layout;
    for (const entity of unknown) {
      this.#open.add(entity);
    }
    const schemas = unknown.map(schemaOf);
    this.#steps += `${layout.name}: ${schemas.map(({ tableName }) => tableName)}; `;
    const found = DISCOVERED.get(this.#steps) ?? discover(orm, schemas);
    DISCOVERED.set(this.#steps, found);
    const metadata = orm.getMetadata();
    for (const meta of found) {
      metadata.set(meta.class, meta);
      EntityHelper.decorate(meta, orm.em);
    }
  }
}

/**
 * As the ORM does it, which would discover those of earlier steps again, where they may be shared. What it would check is that
 * none is missing, and it would look for those in the last step only.
 */
function discover(orm: MikroORM, schemas: readonly EntitySchema[]): EntityMetadata[] {
  const discovery = new MetadataDiscovery(orm.getMetadata(), orm.driver.getPlatform(), orm.config);
  return discovery.processDiscoveredEntities(discovery.discoverReferences(schemas, false));
}

/** Returns an entity, after those that it refers to. */
export function withReferences(entity: Entity): Entity[] {
  let entities = WITH_REFERENCES.get(entity);
  if (!entities) {
    const properties: Record<string, { kind?: string; entity?: () => unknown }> = schemaOf(entity).properties;
    const targets = Object.values(properties).flatMap(({ kind, entity: target }) =>
      // The definitions refer to classes only.
      kind === 'm:1' ? ((target?.() ?? []) as Entity) : [],
    );
    entities = [...targets.flatMap(withReferences), entity];
    WITH_REFERENCES.set(entity, entities);
  }
  return entities;
}

const WITH_REFERENCES = new WeakMap<Entity, Entity[]>();
