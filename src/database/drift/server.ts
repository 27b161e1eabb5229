import { type ServerLayoutName, serverSchema } from '../layouts/server-schema.ts';
import { canonicalType, type OnDelete, type WantedColumn, type WantedTable } from './wanted.ts';

/**
 * Returns the tables that the server creates, parsed from the statements of its layout: one column per line, indexes on their
 * own. Lengths and defaults are left out: they differ between the server's revisions.
 */
export function serverTables(layout: ServerLayoutName): WantedTable[] {
  const enums = new Map<string, string[]>();
  const tables = new Map<string, WantedTable>();
  for (const statement of serverSchema(layout)) {
    const [first = '', ...lines] = statement.split('\n').map((line) => line.trim().replace(/,$/, ''));
    const [, type, values = ''] = /^create type (\w+) as enum \((.*)\)$/.exec(first) ?? [];
    const [, unique, index = '', on = '', columns = ''] =
      /^create (unique )?index (\w+) on (\w+) \((.*)\)$/.exec(first) ?? [];
    const [, table] = /^create table (\w+) \($/.exec(first) ?? [];
    if (type) {
      enums.set(
        type,
        values.split(', ').map((value) => value.slice(1, -1)),
      );
    } else if (table) {
      tables.set(table, tableOf(table, lines.slice(0, -1), enums));
    } else {
      const key = { name: index, columns: namesOf(columns) };
      tables.get(on)?.[unique ? 'keys' : 'indexes'].push({ ...key, primary: false });
    }
  }
  return [...tables.values()];
}

function tableOf(name: string, lines: string[], enums: ReadonlyMap<string, string[]>): WantedTable {
  const table: WantedTable = { name, columns: [], keys: [], indexes: [], checks: [], foreignKeys: [] };
  for (const line of lines) {
    const [, constraint, unique] = /^constraint (\w+) unique \((.*)\)$/.exec(line) ?? [];
    if (constraint) {
      table.keys.push({ name: constraint, columns: namesOf(unique ?? ''), primary: false });
      continue;
    }
    const column = columnOf(line, enums);
    table.columns.push(column);
    if (/ (primary key|unique)\b/.test(line)) {
      const primary = line.includes(' primary key');
      table.keys.push({
        name: primary ? `${name}_pkey` : `${name}_${column.name}_key`,
        columns: [column.name],
        primary,
      });
    }
    const [, target, key = '', onDelete] = / references (\w+) \((\w+)\) on delete (.*)$/.exec(line) ?? [];
    if (target) {
      table.foreignKeys.push({
        name: `${name}_${column.name}_fkey`,
        columns: [column.name],
        table: target,
        targets: [key],
        onDelete: onDelete as OnDelete,
      });
    }
  }
  return table;
}

function columnOf(line: string, enums: ReadonlyMap<string, string[]>): WantedColumn {
  const [, name = '', type = ''] = /^"?(\w+)"? (double precision|\w+)/.exec(line) ?? [];
  return {
    name,
    type: canonicalType(type),
    nullable: !/ (not null|primary key)\b/.test(line),
    numbered: type === 'serial',
    values: enums.get(type),
  };
}

function namesOf(list: string): string[] {
  return list.split(', ').map((name) => name.replace(/"/g, ''));
}
