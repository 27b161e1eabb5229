import type { ClientBase, Pool } from 'pg';
import { type Leaf, leavesOf } from '../database/leaves.ts';
import { identifier } from '../database/sql.ts';
import { ConflictError, DatabaseError } from '../errors.ts';
import type { Place } from './batch.ts';
import type { PrunePlan } from './plan.ts';

/**
 * Returns where to delete the rows of a plan: leaf by leaf, which is the fastest; or in all leaves at once, if the table must
 * not be bypassed: the privileges are on it and not on its leaves, or its row security, rules or statement triggers would be
 * skipped.
 */
export async function placesOf(database: ClientBase | Pool, { table, copies }: PrunePlan): Promise<Place[]> {
  if (copies) {
    return ['all servers'];
  }
  const leaves = (await leavesOf(database, table)).filter(({ kind }) => kind === 'table');
  const children = leaves.filter(({ above }) => above.length > 0);
  return children.length === 0 || (await mayBypass(database, table, children)) ? leaves : ['all leaves'];
}

/** @throws DatabaseError if the table is a view, ConflictError for a rule for DELETE, or rows in a foreign table */
export async function expectTables(database: ClientBase | Pool, plan: PrunePlan): Promise<void> {
  for (const leaf of await leavesOf(database, plan.table)) {
    if (leaf.kind === 'view') {
      throw new DatabaseError(`${leaf.sql} is a view; rows can be pruned from tables only.`);
    }
    if (await hasDeleteRule(database, leaf)) {
      throw new ConflictError(`${leaf.sql} has a rule for DELETE, so its rows cannot be pruned. Nothing was deleted.`, {
        hint: 'Disable the rule while you prune: ALTER TABLE ... DISABLE RULE ...',
      });
    }
    if (leaf.kind === 'foreign table' && (await hasRows(database, plan, leaf))) {
      throw new ConflictError(`${leaf.sql} is a foreign table and has rows to delete. Nothing was deleted.`, {
        hint: `Prune on the server that has these rows first, then ${plan.table} here.`,
      });
    }
  }
}

/** PostgreSQL refuses data-modifying statements in WITH on such a table. */
async function hasDeleteRule(database: ClientBase | Pool, { oid, above }: Leaf): Promise<boolean> {
  const { rowCount } = await database.query(
    `select from pg_rewrite where ev_class = any ($1::oid[]) and ev_type = '4' and ev_enabled <> 'D'`,
    [[oid, ...above.map((table) => table.oid)]],
  );
  return (rowCount ?? 0) > 0;
}

async function hasRows(database: ClientBase | Pool, { table, conditions }: PrunePlan, { oid }: Leaf): Promise<boolean> {
  for (const { sql, parameters } of conditions) {
    const { rows } = await database.query<{ found: boolean }>(
      `select exists (select from ${identifier(table)} where tableoid = $${parameters.length + 1} and (${sql})) as found`,
      [...parameters, oid],
    );
    if (rows[0]?.found) {
      return true;
    }
  }
  return false;
}

/** PostgreSQL does not check the privileges on a partition when its rows are deleted through its parent. */
async function mayBypass(database: ClientBase | Pool, table: string, children: Leaf[]): Promise<boolean> {
  const oids = children.flatMap(({ oid, above }) => [oid, ...above.map((one) => one.oid)]);
  const { rows } = await database.query<{ may: boolean }>(
    `select bool_and(has_schema_privilege(relnamespace, 'usage') and has_table_privilege(oid, 'select')
              and has_table_privilege(oid, 'delete') and has_any_column_privilege(oid, 'update')
              and not row_security_active(oid))
            and not bool_or(oid = $2::text::regclass and (relhasrules or exists (
              select from pg_trigger where tgrelid = pg_class.oid and not tgisinternal and tgenabled <> 'D'
                 and tgtype & 1 = 0 and tgtype & 8 = 8))) as may
       from pg_class where oid = any ($1::oid[])`,
    [[...new Set(oids)], identifier(table)],
  );
  return rows[0]?.may ?? true;
}
