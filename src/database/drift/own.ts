import type { MikroORM } from '@mikro-orm/postgresql';
import { TableGenerator } from '../schema/table-generator.ts';
import { canonicalType, type OnDelete, type WantedTable } from './wanted.ts';

/** Returns the tables that the entities define, according to the ORM; does not query the database. */
export function ownTables(orm: MikroORM): WantedTable[] {
  return new TableGenerator(orm.em)
    .getTargetSchema()
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
        default: column.default ? String(column.default) : undefined,
      }));
      return {
        name: table.name,
        columns,
        keys: indexes.filter(({ unique }) => unique).map(({ unique, ...key }) => key),
        indexes: indexes.filter(({ unique }) => !unique).map(({ name, columns }) => ({ name, columns })),
        checks: table.getChecks().flatMap(({ name, columnName }) => {
          const values = columnName && table.getColumn(columnName)?.enumItems;
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
