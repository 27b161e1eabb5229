import type { MikroORM } from '@mikro-orm/postgresql';
import { TableGenerator } from '../schema/table-generator.ts';
import { canonicalType, type OnDelete, type WantedTable } from './wanted.ts';

/** The tables as the entities have them, in the ORM's own reading; nothing is asked of the database. */
export function ownTables(orm: MikroORM): WantedTable[] {
  return targetSchema(orm)
    .getTables()
    .map((table) => {
      const indexes = table.getIndexes().map(({ keyName, columnNames, primary, unique }) => ({
        name: keyName,
        columns: columnNames,
        primary,
        unique,
      }));
      const columns = table.getColumns().map((column) => ({
        name: column.name,
        type: canonicalType(column.type),
        nullable: column.nullable === true,
        numbered: column.autoincrement === true,
        ...(column.default ? { default: String(column.default) } : {}),
        enumItems: column.enumItems,
      }));
      return {
        name: table.name,
        columns: columns.map(({ enumItems, ...column }) => column),
        keys: indexes.filter(({ unique }) => unique).map(({ unique, ...key }) => key),
        indexes: indexes.filter(({ unique }) => !unique).map(({ name, columns }) => ({ name, columns })),
        checks: table.getChecks().flatMap(({ name, columnName }) => {
          const values = columns.find((column) => column.name === columnName)?.enumItems;
          return columnName && values ? [{ name, column: columnName, values }] : [];
        }),
        foreignKeys: Object.values(table.getForeignKeys()).map((key) => ({
          name: key.constraintName,
          columns: key.columnNames,
          table: key.referencedTableName.split('.').at(-1) ?? '',
          targets: key.referencedColumnNames,
          onDelete: (key.deleteRule ?? 'no action') as OnDelete,
        })),
      };
    });
}

/** The one place that asks the ORM. */
function targetSchema(orm: MikroORM) {
  return new TableGenerator(orm.em).getTargetSchema();
}
