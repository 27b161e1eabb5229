import { type Findings, isSameSet } from './findings.ts';
import type { PresentForeignKey, PresentTable } from './present.ts';
import type { WantedForeignKey, WantedTable } from './wanted.ts';

/** Compares the foreign keys of a table, whatever their names: existence, validity and ON DELETE. */
export function compareForeignKeys(wanted: WantedTable, table: PresentTable, findings: Findings): void {
  for (const key of wanted.foreignKeys) {
    const same = table.foreignKeys.filter((present) => isSameReference(present, key));
    const right = same.filter(({ onDelete }) => onDelete === key.onDelete);
    const sound = right.find(({ valid, disabledTriggers }) => valid && disabledTriggers.length === 0);
    if (sound) {
      continue;
    }
    if (right[0]) {
      repair(table, right[0], findings);
    } else {
      const wrongRule = same.find(({ name }) => name === key.name);
      missingForeignKey(table, key, wrongRule, findings);
    }
  }
}

export function isSameReference(present: PresentForeignKey, { columns, table, targets }: WantedForeignKey): boolean {
  return present.table === table && isSameSet(present.columns, columns) && isSameSet(present.targets, targets);
}

function repair(table: PresentTable, key: PresentForeignKey, findings: Findings): void {
  const { name, valid, disabledTriggers, columns } = key;
  for (const trigger of disabledTriggers) {
    findings.offer(`alter table ${trigger.table} enable trigger ${findings.quote(trigger.name)}`);
  }
  if (!valid) {
    findings.offer(`alter table ${findings.quote(table.name)} validate constraint ${findings.quote(name)}`);
  } else if (disabledTriggers.length > 0) {
    findings.note(
      `Rows written while triggers of ${findings.quote(name)} were disabled are unchecked: (${findings.list(columns)}) of ${findings.quote(table.name)} may refer to missing rows.`,
    );
  }
}

function missingForeignKey(
  table: PresentTable,
  key: WantedForeignKey,
  wrongRule: PresentForeignKey | undefined,
  findings: Findings,
): void {
  const [alter, name] = [`alter table ${findings.quote(table.name)}`, findings.quote(key.name)];
  const [columns, target] = [findings.list(key.columns), findings.quote(key.table)];
  const statements: string[] = [];
  const named = table.foreignKeys.find((present) => present.name === key.name);
  if (named && !wrongRule) {
    const taken = table.foreignKeys.map((present) => present.name);
    const old = findings.freeName(`${key.name}_old`, taken);
    statements.push(`${alter} rename constraint ${name} to ${findings.quote(old)}`);
  }
  // Two keys with different rules would both apply: the one with our name is replaced, in the same statement.
  const replaced = wrongRule ? `drop constraint ${name}, ` : '';
  const add = `add constraint ${name} foreign key (${columns}) references ${target} (${findings.list(key.targets)}) on delete ${key.onDelete}`;
  statements.push(
    ...(table.partitioned
      ? [`${alter} ${replaced}${add}`]
      : [`${alter} ${replaced}${add} not valid`, `${alter} validate constraint ${name}`]),
  );
  findings.change(
    `${table.name} FOREIGN KEY (${columns}) REFERENCES ${target}(${findings.list(key.targets)}) ON DELETE ${key.onDelete.toUpperCase()}`,
    ...statements,
  );
}
