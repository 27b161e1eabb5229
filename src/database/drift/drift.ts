import type { Database } from '../database.ts';
import { allowedBy, compareChecks } from './checks.ts';
import { columnDefinition, compareColumns } from './columns.ts';
import { type Drift, Findings } from './findings.ts';
import { compareForeignKeys, isSameReference } from './foreign-keys.ts';
import { additionalIndexes, compareIndexes, compareKeys } from './indexes.ts';
import { ownTables } from './own.ts';
import { type PresentTable, presentTables } from './present.ts';
import { wantedServerTables } from './server.ts';
import type { WantedTable } from './wanted.ts';

/**
 * Compares the tables of a database with its layout: with the entities if the schema is ours, with the server's tables if it
 * is the server's. Finds what is missing or wrong, and what the tables have in addition; other objects are ignored. Takes one
 * query on the system catalogs, which every role may read.
 */
export async function findDrift({ orm, em, layout }: Pick<Database, 'orm' | 'em' | 'layout'>): Promise<Drift> {
  const wanted = layout.name === 'own' ? ownTables(orm) : wantedServerTables(layout.name);
  const present = await presentTables(em, wanted);
  const isOurs = layout.owner === 'webmacs';
  const findings = new Findings(isOurs, present.taken);
  if (present.tables.length === 0) {
    // The database has to be migrated, and offered tables would get in the way of that.
    wanted.map(({ name }) => findings.explain(`there is no table ${findings.quote(name)}`));
    return findings;
  }
  const pairs = wanted.flatMap((table) => {
    const found = present.tables.find(({ name }) => name === table.name) ?? makeTable(table, findings);
    return found ? [{ table, found }] : [];
  });
  for (const { table, found } of pairs) {
    compareColumns(table, found, findings);
    if (found.kind === 'table') {
      compareKeys(table, found, findings);
      compareIndexes(table, found, findings);
      compareChecks(table, found, findings);
      if (!isOurs) {
        compareForeignKeys(table, found, findings);
      }
    } else {
      findings.note(`${findings.quote(table.name)} is a ${found.kind}: its keys and indexes are not checked.`);
    }
  }
  for (const { table, found } of pairs.filter(({ found }) => found.kind === 'table')) {
    // Foreign keys of our own tables are created after all tables.
    if (isOurs) {
      compareForeignKeys(table, found, findings);
    }
    noteAdditional(table, found, findings);
  }
  return findings;
}

/** @returns the table that the offered statement creates; undefined if the schema is not ours */
function makeTable(table: WantedTable, findings: Findings): PresentTable | undefined {
  if (!findings.isOurs) {
    findings.explain(`there is no table ${table.name}`);
    return undefined;
  }
  const columns = table.columns.map((column) => columnDefinition(column, findings));
  const primary = table.keys.find((key) => key.primary);
  const rows = [...columns, ...(primary ? [`primary key (${findings.list(primary.columns)})`] : [])];
  findings.offer(`create table ${findings.quote(table.name)} (\n  ${rows.join(',\n  ')}\n)`);
  return {
    name: table.name,
    kind: 'table',
    partitioned: false,
    columns: table.columns.map((column) => ({
      ...column,
      default: column.default ?? null,
      generated: false,
      values: column.values ?? null,
    })),
    indexes: primary ? [{ ...primary, unique: true, valid: true, ordinary: true }] : [],
    checks: [],
    foreignKeys: [],
    triggers: [],
  };
}

function noteAdditional(wanted: WantedTable, found: PresentTable, findings: Findings): void {
  const columns = found.columns.filter(({ name }) => !wanted.columns.some((column) => column.name === name));
  const isChecked = (name: string) => wanted.checks.some(({ column }) => column === name);
  const additional = [
    ...columns.map(({ name }) => `column ${findings.quote(name)}`),
    ...additionalIndexes(wanted, found).map(
      ({ name, valid }) => `index ${findings.quote(name)}${valid ? '' : ' (not valid)'}`,
    ),
    ...found.checks
      .filter((check) => !check.columns.some((name) => isChecked(name) && allowedBy(check, name)))
      .map(({ name }) => `check ${findings.quote(name)}`),
    ...found.foreignKeys
      .filter(
        (key) => !wanted.foreignKeys.some((other) => isSameReference(key, other) && key.onDelete === other.onDelete),
      )
      .map(({ name }) => `foreign key ${findings.quote(name)}`),
    ...found.triggers.map((name) => `trigger ${findings.quote(name)}`),
  ];
  if (additional.length > 0) {
    findings.note(`${findings.quote(found.name)} also has: ${additional.join(', ')}.`);
  }
  for (const { name } of columns.filter((column) => !column.nullable && column.default === null && !column.numbered)) {
    findings.note(
      `${findings.quote(found.name)}.${findings.quote(name)} is NOT NULL without a default: new rows are refused.`,
    );
  }
}
