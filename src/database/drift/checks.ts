import { literal } from '../sql.ts';
import type { Findings } from './findings.ts';
import type { PresentTable } from './present.ts';
import type { WantedCheck, WantedTable } from './wanted.ts';

type PresentCheck = PresentTable['checks'][number];

/** Compares the allowed values of columns. Additional ones are kept. */
export function compareChecks(wanted: WantedTable, table: PresentTable, findings: Findings): void {
  for (const check of wanted.checks) {
    const column = table.columns.find(({ name }) => name === check.column);
    const enough = table.checks.filter((present) => isEnough(present, check));
    const valid = enough.find((present) => present.valid);
    if (valid) {
      noteMore(table, check, allowedBy(valid, check.column) ?? [], findings);
    } else if (enough[0]) {
      findings.offer(`alter table ${findings.quote(table.name)} validate constraint ${findings.quote(enough[0].name)}`);
    } else if (column?.values) {
      noteMore(table, check, column.values, findings);
      const missing = check.values.filter((value) => !column.values?.includes(value));
      if (missing.length > 0) {
        findings.explain(
          `${findings.quote(table.name)}.${findings.quote(check.column)} cannot be ${missing.join(', ')}`,
        );
      }
    } else if (column) {
      missingCheck(table, check, findings);
    }
  }
}

function isEnough(present: PresentCheck, { column, values }: WantedCheck): boolean {
  const allowed = allowedBy(present, column);
  return values.every((value) => allowed?.includes(value));
}

function noteMore(table: PresentTable, { column, values }: WantedCheck, allowed: string[], findings: Findings): void {
  const more = allowed.filter((value) => !values.includes(value));
  if (more.length > 0) {
    findings.note(`${findings.quote(table.name)}.${findings.quote(column)} can also be ${more.join(', ')}.`);
  }
}

function missingCheck(table: PresentTable, check: WantedCheck, findings: Findings): void {
  const [alter, name] = [`alter table ${findings.quote(table.name)}`, findings.quote(check.name)];
  const named = table.checks.find((present) => present.name === check.name);
  const narrower = named && allowedBy(named, check.column);
  if (named && !narrower) {
    const taken = table.checks.map((present) => present.name);
    const old = findings.freeName(`${check.name}_old`, taken);
    findings.offer(`${alter} rename constraint ${name} to ${findings.quote(old)}`);
  }
  const values = [...new Set([...check.values, ...(narrower ?? [])])].map(literal).join(', ');
  const add = `add constraint ${name} check (${findings.quote(check.column)} in (${values})) not valid`;
  // An existing narrower check has to be dropped for a wider one to take effect.
  findings.offer(
    `${alter} ${narrower ? `drop constraint ${name}, ` : ''}${add}`,
    `${alter} validate constraint ${name}`,
  );
}

/** Returns the values that a check allows a column; undefined for other kinds of checks. */
export function allowedBy({ definition, columns }: PresentCheck, column: string): string[] | undefined {
  const literals = /'((?:[^']|'')*)'/g;
  const shape = definition
    .replace(literals, '?')
    .replace(/::[a-z ]+(\[\])?/g, '')
    .replace(/[()\s"]/g, '');
  const isList =
    /^CHECK(\w+)=(\?|ANYARRAY\[\?(,\?)*\])(NOTVALID)?$/.exec(shape)?.[1] === column && columns.length === 1;
  return isList ? [...definition.matchAll(literals)].map(([, value = '']) => value.replaceAll("''", "'")) : undefined;
}
