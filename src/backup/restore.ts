import type { Database } from '../database/database.ts';
import { columnName, columnProperties, LAYOUTS, type Layout, type LayoutName } from '../database/layouts/layouts.ts';
import type { LockOptions } from '../database/schema/migrations.ts';
import { ConflictError } from '../errors.ts';
import type { Loss } from '../transfer/losses.ts';
import { choosesRoles, fieldsOf } from '../transfer/mapping.ts';
import { resumably, targetLock } from '../transfer/progress.ts';
import { receive, type TransferredTable } from '../transfer/receive.ts';
import type { ReceiveOptions, RowSource } from '../transfer/row-source.ts';
import { withSide } from '../transfer/side.ts';
import { countDifferent, pickFields } from './pick.ts';
import { type Backup, rowsOf } from './read.ts';
import { DATAPOINTS } from './selection.ts';

export interface RestoreOptions extends ReceiveOptions {
  /** The role of users that are not admins, if only the target has roles; default viewer. */
  nonAdmins?: 'operator' | 'viewer';
}

/**
 * Copies every row of a backup into a database with tables and no rows: see `receive`.
 * @throws also LockTimeoutError while another restore or transfer writes into it; InterruptedError when aborted
 */
export async function restore(
  backup: Backup,
  target: Database,
  { nonAdmins = 'viewer', ...options }: RestoreOptions,
): Promise<TransferredTable[]> {
  const { signal } = options;
  return await resumably(signal, () =>
    withSide(target, { lock: targetLock(target.where, signal), signal }, (to) =>
      receive(rowsIn(backup, target.layout, nonAdmins), to, options),
    ),
  );
}

function rowsIn(backup: Backup, target: Layout, nonAdmins: 'operator' | 'viewer'): RowSource {
  const { layout, tables } = backup.manifest;
  const becomes = choosesRoles(LAYOUTS[layout], target) ? nonAdmins : 'viewer';
  const tableNamed = (name: string) => tables.find(({ table }) => table === name);
  return {
    identity: `backup ${backup.identity}, non-admins ${becomes}`,
    tables: tables.map(({ table, columns }) => ({
      table,
      fields: columns.map(({ name }) => ({ property: propertyNamed(name) })),
    })),
    count: async (table) => tableNamed(table)?.rows ?? 0,
    async *read(table, properties) {
      const columns = tableNamed(table)?.columns ?? [];
      const positions = properties.map((property) => columns.findIndex(({ name }) => name === columnName(property)));
      const role = properties.indexOf('role');
      const isDerived = becomes !== 'viewer' && table === 'users' && role >= 0;
      const isWhole = positions.length === columns.length && positions.every((position, at) => position === at);
      for await (const rows of rowsOf(backup, table)) {
        yield isWhole && !isDerived
          ? rows
          : pickFields(rows, positions, isDerived ? { at: role, from: 'viewer', to: becomes } : undefined);
      }
    },
  };
}

/** `created_on` as `createdOn`. */
function propertyNamed(column: string): string {
  return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Returns what of a backup a layout cannot store. */
export async function lossesInto(backup: Backup, target: Layout, signal: AbortSignal): Promise<Loss[]> {
  const { manifest } = backup;
  const others = manifest.tables.filter(({ table }) => table !== DATAPOINTS);
  const known = new Map(
    Object.values(LAYOUTS)
      .flatMap(({ entities }) => entities)
      .map((schema) => [schema.tableName, schema]),
  );
  // Of a later version of the schema: which of the values differ from what the target derives is not known.
  const unknown = others.flatMap(({ table, columns, rows }): Loss[] => {
    const schema = known.get(table);
    const names = schema && columnProperties(schema).map(({ property }) => columnName(property));
    const missing = columns.filter(({ name, stored }) => stored && !names?.includes(name));
    return rows === 0
      ? []
      : names
        ? missing.map(({ name }) => ({ table, property: name, rows }))
        : [{ table, property: null, rows }];
  });
  const counted = (manifest.losses[target.name] ?? []).filter(({ table }) => table !== DATAPOINTS);
  return [...counted, ...(await datapointLosses(backup, target, signal)), ...unknown];
}

/**
 * Counts the datapoints with values that the target does not store, and derives otherwise. A backup does not: it would read all
 * of them twice.
 */
async function datapointLosses(backup: Backup, target: Layout, signal: AbortSignal): Promise<Loss[]> {
  const columns = backup.manifest.tables.find(({ table }) => table === DATAPOINTS)?.columns ?? [];
  const fields = fieldsOf(target).find(({ table }) => table === DATAPOINTS)?.fields ?? [];
  const lost = columns.flatMap(({ name, stored }, position) => {
    const field = fields.find(({ property }) => columnName(property) === name);
    const derived = fields.find(({ sql, isStored }) => isStored && field?.sql === `(${sql})`)?.property ?? '';
    const other = columns.findIndex((column) => column.name === columnName(derived));
    return !stored || field?.isStored ? [] : { table: DATAPOINTS, property: name, position, other, rows: 0 };
  });
  if (lost.length > 0) {
    for await (const rows of rowsOf(backup, DATAPOINTS)) {
      signal.throwIfAborted();
      for (const loss of lost) {
        loss.rows += countDifferent(rows, loss.position, loss.other);
      }
    }
  }
  return lost.filter(({ rows }) => rows > 0).map(({ table, property, rows }) => ({ table, property, rows }));
}

/**
 * Returns the layout of the target, or the one that its tables will have if it has none: that of the backup, or the wanted one.
 * @throws ConflictError if the target has another layout than the wanted one, or we cannot create that
 */
export function layoutFor(target: Database, backup: LayoutName, wanted: LayoutName | undefined): Layout {
  if (target.isEmpty) {
    const name = wanted ?? backup;
    if (name === 'server-admin-flag') {
      throw new ConflictError(
        `${target.where} has no tables, and only the WebMACS server creates those of "${name}".`,
        {
          hint: 'Start that server on it once, or choose --layout own or --layout server-roles.',
        },
      );
    }
    return LAYOUTS[name];
  }
  if (wanted !== undefined && wanted !== target.layout.name) {
    throw new ConflictError(`${target.where} has tables of the layout "${target.layout.name}", not "${wanted}".`, {
      hint: 'Omit --layout, or restore into a database without tables.',
    });
  }
  return target.layout;
}

/** Creates the tables of a layout in a database that has none. */
export async function createTables(target: Database, layout: Layout, lock: LockOptions): Promise<void> {
  if (layout.owner === 'server') {
    const { createServerDatabase } = await import('../database/layouts/create.ts');
    await createServerDatabase(target, lock);
  } else {
    const { migrate } = await import('../database/schema/migrations.ts');
    await migrate(target.orm, undefined, lock);
  }
}
