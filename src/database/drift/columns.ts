import { literal } from '../sql.ts';
import type { Findings } from './findings.ts';
import type { PresentColumn, PresentTable } from './present.ts';
import type { WantedColumn, WantedTable } from './wanted.ts';

/** Compares the expected columns of a table with the existing ones. */
export function compareColumns(wanted: WantedTable, table: PresentTable, findings: Findings): void {
  for (const column of wanted.columns) {
    const present = table.columns.find(({ name }) => name === column.name);
    if (!present) {
      missingColumn(table, column, findings);
    } else if (compareTypes(table, column, present, findings) && table.kind === 'table') {
      compareValues(table, column, present, findings);
    }
  }
}

/** Returns a definition such as `"name" varchar(50) not null`, for a table without rows. */
export function columnDefinition(column: WantedColumn, findings: Findings): string {
  const type = column.numbered ? (column.type === 'bigint' ? 'bigserial' : 'serial') : column.type;
  const standard = column.default === undefined ? '' : ` default ${column.default}`;
  return `${findings.quote(column.name)} ${type}${column.nullable ? '' : ' not null'}${standard}`;
}

function missingColumn(table: PresentTable, column: WantedColumn, findings: Findings): void {
  if (table.kind !== 'table') {
    findings.explain(`the ${table.kind} ${findings.quote(table.name)} has no column ${findings.quote(column.name)}`);
    return;
  }
  const [name, alter] = [findings.quote(column.name), `alter table ${findings.quote(table.name)}`];
  const isFilled = column.nullable || column.numbered || column.default !== undefined;
  findings.change(
    describeColumn(table, column),
    ...(isFilled
      ? [`${alter} add column ${columnDefinition(column, findings)}`]
      : // The second statement fails until existing rows have been filled in.
        [`${alter} add column ${name} ${column.type}`, `${alter} alter column ${name} set not null`]),
  );
}

function describeColumn(table: PresentTable, { name, type, values, nullable }: WantedColumn): string {
  const kind = values ? `one of ${values.join(', ')}` : type;
  return `${table.name}.${name} ${kind}${nullable ? '' : ' not null'}`;
}

/** @returns whether the column can hold what it must */
function compareTypes(table: PresentTable, wanted: WantedColumn, present: PresentColumn, findings: Findings): boolean {
  if (wanted.values) {
    const fits = wanted.values.every((value) => present.values?.includes(value));
    if (!fits) {
      findings.explain(describeColumn(table, wanted));
    }
    return fits;
  }
  const column = `${findings.quote(table.name)}.${findings.quote(wanted.name)}`;
  const type = findings.isOurs ? present.type : present.type.replace(/\(\d+\)/, '');
  if (wanted.numbered && ID_TYPES.includes(type)) {
    return true;
  }
  switch (present.values && wanted.type === 'text' ? 'wider' : comparedTo(wanted.type, type)) {
    case 'same':
      return true;
    case 'wider':
      findings.note(`${column} is ${type}; ${wanted.type} is enough.`);
      return true;
    case 'narrower':
      findings.change(
        describeColumn(table, wanted),
        `alter table ${findings.quote(table.name)} alter column ${findings.quote(wanted.name)} type ${wanted.type}`,
      );
      return true;
    case 'other':
      findings.explain(`${column} is ${type}, but must be ${wanted.type}`);
      return false;
  }
}

/** Either does for an id, until it ends: `db storage widen`. */
const ID_TYPES = ['integer', 'bigint'];

/** Types of one kind, the narrowest first. */
const WIDTHS = [
  ['smallint', 'integer', 'bigint'],
  ['real', 'double precision'],
];

/** Compares a type with the expected one: a wider one holds all its values, and more. */
function comparedTo(wanted: string, type: string): 'same' | 'wider' | 'narrower' | 'other' {
  const [wide, narrow] = [textLength(wanted), textLength(type)];
  if (wanted === type || (wide !== undefined && wide === narrow)) {
    return 'same';
  }
  if (wide !== undefined && narrow !== undefined) {
    return narrow > wide ? 'wider' : 'narrower';
  }
  const family = WIDTHS.find((types) => types.includes(wanted) && types.includes(type));
  if (family) {
    return family.indexOf(type) > family.indexOf(wanted) ? 'wider' : 'narrower';
  }
  return type.replace(/\(\d+\)/, '') === wanted ? 'narrower' : 'other';
}

function textLength(type: string): number | undefined {
  const [, length] = /^(?:text|character varying(?:\((\d+)\))?)$/.exec(type) ?? [undefined, null];
  return length === null ? undefined : length === undefined ? Number.POSITIVE_INFINITY : Number(length);
}

/** Compares NOT NULL, automatic numbering and defaults. */
function compareValues(table: PresentTable, wanted: WantedColumn, present: PresentColumn, findings: Findings): void {
  const [name, alter] = [findings.quote(wanted.name), `alter table ${findings.quote(table.name)}`];
  if (!wanted.nullable && present.nullable) {
    findings.change(`${table.name}.${wanted.name} not null`, `${alter} alter column ${name} set not null`);
  } else if (wanted.nullable && !present.nullable) {
    findings.note(`${findings.quote(table.name)}.${name} is NOT NULL; the layout allows null.`);
  }
  if (wanted.numbered && !present.numbered && present.default === null && !present.generated) {
    const add = `${alter} alter column ${name} add generated by default as identity (start with %s)`;
    const next = `(select coalesce(max(${name}), 0) + 1 from ${findings.quote(table.name)})`;
    findings.change(
      `${table.name}.${wanted.name} generated by default as identity`,
      `do $$ begin execute format(${literal(add)}, ${next}); end $$`,
    );
  }
  if (wanted.default !== undefined && plainDefault(present.default) !== plainDefault(wanted.default)) {
    findings.change(
      `${table.name}.${wanted.name} default ${wanted.default}`,
      `${alter} alter column ${name} set default ${wanted.default}`,
    );
  }
}

/** Normalizes a default: without casts and parentheses. */
function plainDefault(sql: string | null): string | null {
  const plain = sql?.replace(/::[a-z ]+(\(\d+\))?/gi, '').replace(/^\((.*)\)$/, '$1') ?? null;
  return plain !== null && /^(current_timestamp(\(6\))?|transaction_timestamp\(\)|now\(\))$/i.test(plain)
    ? 'now()'
    : plain;
}
