import { ENUMS, type ServerLayoutName, type ServerTable, serverTables } from '../layouts/server-schema.ts';
import { canonicalType, type OnDelete, type WantedColumn, type WantedTable } from './wanted.ts';

const ENUM_VALUES = new Map(Object.entries(ENUMS));

/**
 * Returns the tables that the server creates, parsed from their SQL. Lengths and defaults are left out: they differ between
 * the server's revisions.
 */
export function wantedServerTables(layout: ServerLayoutName): WantedTable[] {
  return serverTables(layout).map(tableOf);
}

function tableOf({ name, lines, indexes }: ServerTable): WantedTable {
  const table: WantedTable = { name, columns: [], keys: [], indexes: [], checks: [], foreignKeys: [] };
  for (const line of lines) {
    const [, constraint, unique] = /^constraint (\w+) unique \((.*)\)$/.exec(line) ?? [];
    if (constraint) {
      table.keys.push({ name: constraint, columns: namesOf(unique ?? ''), primary: false });
      continue;
    }
    const column = columnOf(line);
    const columns = [column.name];
    table.columns.push(column);
    if (/ (primary key|unique)\b/.test(line)) {
      const primary = line.includes(' primary key');
      table.keys.push({ name: primary ? `${name}_pkey` : `${name}_${column.name}_key`, columns, primary });
    }
    const [, target, key = '', onDelete] = / references (\w+) \((\w+)\) on delete (.*)$/.exec(line) ?? [];
    if (target) {
      const foreignKey = { name: `${name}_${column.name}_fkey`, columns, table: target, targets: [key] };
      table.foreignKeys.push({ ...foreignKey, onDelete: onDelete as OnDelete });
    }
  }
  for (const index of indexes) {
    table[index.unique ? 'keys' : 'indexes'].push({
      name: index.name,
      columns: namesOf(index.columns),
      primary: false,
    });
  }
  return table;
}

function columnOf(line: string): WantedColumn {
  const [, name = '', type = ''] = /^"?(\w+)"? (double precision|\w+)/.exec(line) ?? [];
  return {
    name,
    type: canonicalType(type),
    nullable: !/ (not null|primary key)\b/.test(line),
    numbered: type === 'serial',
    values: ENUM_VALUES.get(type),
  };
}

function namesOf(list: string): string[] {
  return list.split(', ').map((name) => name.replace(/"/g, ''));
}
