import type { EntityClass, EntityMetadata, EntityName, EntityProperty } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { inSequence } from './distributed.ts';
import { query } from './query.ts';
import { identifier } from './sql.ts';

/** What deleting a row does, by table: the number of rows deleted with it, and of rows that lose their reference to it. */
export interface Consequences {
  deleted: Record<string, number>;
  detached: Record<string, number>;
}

/** Rows to delete together with a row although no foreign key cascades to them. */
export interface DependentRows {
  entity: EntityClass;
  /** SQL on their table, with one parameter: the id of the row. */
  condition: string;
}

/**
 * Counts the rows that deleting a row deletes or detaches, following every ON DELETE of the schema. Tables without such
 * rows are left out.
 * @param dependents rows deleted too, with everything that their foreign keys delete
 * @param kept the property of rows that another row takes over before
 */
export async function consequencesOfDelete<T extends { id: number }>(
  em: EntityManager,
  entity: EntityName<T>,
  item: T,
  dependents: readonly DependentRows[] = [],
  kept?: string,
): Promise<Consequences> {
  const root = em.getMetadata().get(entity);
  const deleted = new Map<string, string[]>();
  const detached = new Map<string, string[]>();
  follow(em, root, [`${identifier('id')} = ?`], deleted, detached, kept);
  for (const { entity: other, condition } of dependents) {
    const meta = em.getMetadata().get(other);
    deleted.set(meta.tableName, [...(deleted.get(meta.tableName) ?? []), condition]);
    follow(em, meta, [condition], deleted, detached);
  }
  const counts = async (tables: Map<string, string[]>, without = new Map<string, string[]>()) => {
    const found: Record<string, number> = {};
    for (const [table, conditions] of tables) {
      // A deleted row is not also counted as detached.
      const excluded = without.get(table) ?? [];
      const where = [any(conditions), ...(excluded.length > 0 ? [`${any(excluded)} is not true`] : [])].join(' and ');
      const [row] = await query<{ rows: number }>(
        em,
        `select count(*)::float8 as rows from ${identifier(table)} where ${where}`,
        [...conditions, ...excluded].map(() => item.id),
      );
      if (row && row.rows > 0) {
        found[table] = row.rows;
      }
    }
    return found;
  };
  return { deleted: await counts(deleted), detached: await counts(detached, deleted) };
}

/** Deletes the dependent rows of a row, before the row itself, in the entity manager's transaction. */
export async function deleteDependents(
  em: EntityManager,
  id: number,
  dependents: readonly DependentRows[],
): Promise<void> {
  if (dependents.length > 0) {
    await inSequence(em);
  }
  for (const { entity, condition } of dependents) {
    const { tableName } = em.getMetadata().get(entity);
    await query(em, `delete from ${identifier(tableName)} where ${condition}`, [id]);
  }
}

function any(conditions: string[]): string {
  return `(${conditions.join(' or ')})`;
}

/** Follows the references to `parent`. Each condition has exactly one parameter, the id of the root row. */
function follow(
  em: EntityManager,
  parent: EntityMetadata,
  conditions: string[],
  deleted: Map<string, string[]>,
  detached: Map<string, string[]>,
  kept?: string,
): void {
  for (const child of em.getMetadata().getAll().values()) {
    const references = child.relations.filter(
      ({ name, owner, targetMeta }) => owner && targetMeta?.tableName === parent.tableName && name !== kept,
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
