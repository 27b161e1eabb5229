import { type Findings, isSameSet } from './findings.ts';
import type { PresentIndex, PresentTable } from './present.ts';
import type { WantedIndex, WantedKey, WantedTable } from './wanted.ts';

/** Compares the unique keys of a table, whatever their names. */
export function compareKeys(wanted: WantedTable, table: PresentTable, findings: Findings): void {
  for (const key of wanted.keys) {
    const matching = table.indexes.filter(({ unique, columns }) => unique && isSameSet(columns, key.columns));
    if (!matching.some(({ valid }) => valid)) {
      missingKey(table, key, matching[0], findings);
    }
  }
}

function missingKey(table: PresentTable, key: WantedKey, invalid: PresentIndex | undefined, findings: Findings): void {
  const [name, columns] = [findings.quote(table.name), findings.list(key.columns)];
  if (table.partitioned) {
    missingOnPartitioned(table, key, findings);
  } else if (invalid) {
    findings.offer(`reindex index concurrently ${findings.quote(invalid.name)}`);
  } else if (findings.isOurs) {
    const isPrimary = key.primary && !table.indexes.some(({ primary }) => primary);
    const named = key.primary && !isPrimary ? `${table.name}_${key.columns.join('_')}_key` : key.name;
    const free = findings.quote(findings.freeName(named));
    findings.offer(
      `create unique index concurrently ${free} on ${name} (${columns})`,
      `alter table ${name} add constraint ${free} ${isPrimary ? 'primary key' : 'unique'} using index ${free}`,
    );
  } else {
    findings.offer(`create unique index concurrently on ${name} (${columns})`);
  }
}

/** A key of a partitioned table or a hypertable must include its partitioning columns. */
function missingOnPartitioned(table: PresentTable, key: WantedKey, findings: Findings): void {
  const what = `${findings.quote(table.name)} stores its rows in other tables`;
  const columns = findings.list(key.columns);
  const wider = table.indexes.find(
    (index) => index.unique && index.valid && key.columns.every((column) => index.columns.includes(column)),
  );
  if (wider) {
    findings.note(`${what}: (${columns}) is unique within each of them only, by ${findings.quote(wider.name)}.`);
  } else {
    findings.explain(`${what} and has no key with (${columns}): add one that includes the partitioning columns`);
  }
}

/** Compares the indexes that queries need, whatever their names; a longer one will do. */
export function compareIndexes(wanted: WantedTable, table: PresentTable, findings: Findings): void {
  for (const index of wanted.indexes) {
    const serving = table.indexes.filter((present) => serves(present, index));
    if (!serving.some(({ valid }) => valid)) {
      missingIndex(table, index, serving[0], findings);
    }
  }
}

function serves({ ordinary, columns }: PresentIndex, wanted: WantedIndex): boolean {
  return ordinary && wanted.columns.every((column, at) => columns[at] === column);
}

function missingIndex(
  table: PresentTable,
  index: WantedIndex,
  invalid: PresentIndex | undefined,
  findings: Findings,
): void {
  const [name, columns] = [findings.quote(table.name), findings.list(index.columns)];
  const create = `create index${table.partitioned ? '' : ' concurrently'}`;
  if (invalid && table.partitioned) {
    findings.explain(
      `the index ${findings.quote(invalid.name)} of ${name} is not valid: a partition has no index attached to it`,
    );
  } else if (invalid) {
    findings.offer(`reindex index concurrently ${findings.quote(invalid.name)}`);
  } else if (findings.isOurs) {
    if (table.indexes.some((present) => present.name === index.name)) {
      const old = findings.freeName(`${index.name}_old`);
      findings.offer(`alter index ${findings.quote(index.name)} rename to ${findings.quote(old)}`);
      findings.release(index.name);
    }
    findings.offer(`${create} ${findings.quote(findings.freeName(index.name))} on ${name} (${columns})`);
  } else {
    findings.offer(`${create} on ${name} (${columns})`);
  }
}

/** Returns the indexes that stand for no expected index or key. */
export function additionalIndexes(wanted: WantedTable, table: PresentTable): PresentIndex[] {
  return table.indexes.filter(
    (present) =>
      !wanted.indexes.some((index) => serves(present, index)) &&
      !wanted.keys.some(({ columns }) => present.unique && columns.every((column) => present.columns.includes(column))),
  );
}
