import type { EntityClass, EntityMetadata, EntityName, EntityProperty } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from './query.ts';
import { identifier } from './sql.ts';

/** What deleting a row does to other tables: rows that go with it, and rows that lose their reference to it. */
export interface Consequences {
  deleted: Record<string, number>;
  detached: Record<string, number>;
}

/** Rows that are to go with a row though no foreign key says so. */
export interface Alongside {
  entity: EntityClass;
  /** SQL on their table, with one parameter: the id of the row. */
  condition: string;
}

/**
 * Counts what goes with a row when it is deleted, following every ON DELETE of the schema. Tables without any such row
 * are left out.
 * @param alongside what goes too, with all that in turn goes with it
 */
export async function consequencesOfDelete<T extends { id: number }>(
  em: EntityManager,
  entity: EntityName<T>,
  item: T,
  alongside: readonly Alongside[] = [],
): Promise<Consequences> {
  const root = em.getMetadata().get(entity);
  const deleted = new Map<string, string[]>();
  const detached = new Map<string, string[]>();
  follow(em, root, [`${identifier('id')} = ?`], deleted, detached);
  for (const { entity: other, condition } of alongside) {
    const meta = em.getMetadata().get(other);
    deleted.set(meta.tableName, [...(deleted.get(meta.tableName) ?? []), condition]);
    follow(em, meta, [condition], deleted, detached);
  }
  const counts = async (tables: Map<string, string[]>, without = new Map<string, string[]>()) => {
    const found: Record<string, number> = {};
    for (const [table, conditions] of tables) {
      // A row that goes is not also one that stays behind.
      const gone = without.get(table) ?? [];
      const where = [any(conditions), ...(gone.length > 0 ? [`${any(gone)} is not true`] : [])].join(' and ');
      const [row] = await query<{ rows: number }>(
        em,
        `select count(*)::float8 as rows from ${identifier(table)} where ${where}`,
        [...conditions, ...gone].map(() => item.id),
      );
      if (row && row.rows > 0) {
        found[table] = row.rows;
      }
    }
    return found;
  };
  return { deleted: await counts(deleted), detached: await counts(detached, deleted) };
}

/** Deletes what is to go with a row, before the row itself, in the transaction of the entity manager. */
export async function deleteAlongside(em: EntityManager, id: number, alongside: readonly Alongside[]): Promise<void> {
  for (const { entity, condition } of alongside) {
    const { tableName } = em.getMetadata().get(entity);
    await query(em, `delete from ${identifier(tableName)} where ${condition}`, [id]);
  }
}

function any(conditions: string[]): string {
  return `(${conditions.join(' or ')})`;
}

/** Each condition holds exactly one parameter, the id of the row at the root. */
function follow(
  em: EntityManager,
  parent: EntityMetadata,
  conditions: string[],
  deleted: Map<string, string[]>,
  detached: Map<string, string[]>,
): void {
  for (const child of em.getMetadata().getAll().values()) {
    const references = child.relations.filter(
      ({ owner, targetMeta }) => owner && targetMeta?.tableName === parent.tableName,
    );
    for (const reference of references) {
      const inChild = conditions.map((condition) => childCondition(reference, parent, condition));
      const tables = reference.deleteRule === 'cascade' ? deleted : detached;
      tables.set(child.tableName, [...(tables.get(child.tableName) ?? []), ...inChild]);
      if (reference.deleteRule === 'cascade') {
        follow(em, child, inChild, deleted, detached);
      }
    }
  }
}

function childCondition(reference: EntityProperty, parent: EntityMetadata, condition: string): string {
  const [column = ''] = reference.fieldNames;
  const [target = ''] = reference.referencedColumnNames;
  return `${identifier(column)} in (select ${identifier(target)} from ${identifier(parent.tableName)} where ${condition})`;
}
