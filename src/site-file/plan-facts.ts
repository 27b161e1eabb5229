import type { Change, Difference } from './change.ts';
import type { Value } from './model.ts';

/** What is to be done with one row, for programs: ids of new rows, which differ from run to run, are left out. */
export interface ChangeFacts {
  action: Change['action'];
  kind: string;
  name: string;
  renamed_from?: string;
  fields?: object;
  /** The values before and after; those of a secret are not shown. */
  differences?: Record<string, [before: unknown, after: unknown]>;
  /** The number of rows deleted with it, and of those that lose their reference to it, by table. */
  deletes?: Record<string, number>;
  detaches?: Record<string, number>;
}

/** Describes a plan, without the rows that are as declared. */
export function describePlan(changes: readonly Change[]): ChangeFacts[] {
  return changes.filter((change) => change.action !== 'keep' || change.differences.length > 0).map(describeChange);
}

function describeChange(change: Change): ChangeFacts {
  const facts = { action: change.action, kind: change.kind.name, name: change.name };
  switch (change.action) {
    case 'create':
      return {
        ...facts,
        fields: Object.fromEntries(Object.entries(change.fields).map(([field, value]) => [field, forJson(value)])),
      };
    case 'delete':
      return { ...facts, deletes: change.consequences?.deleted ?? {}, detaches: change.consequences?.detached ?? {} };
    case 'change':
      return {
        ...facts,
        ...(change.renamedFrom !== undefined && { renamed_from: change.renamedFrom }),
        differences: valuesOf(change.differences),
      };
    case 'keep':
      return { ...facts, differences: valuesOf(change.differences) };
  }
}

function valuesOf(differences: readonly Difference[]): Record<string, [unknown, unknown]> {
  return Object.fromEntries(
    differences.map(({ field, before, after }) => [
      field,
      after === undefined ? ['(secret)', '(secret)'] : [forJson(before), forJson(after)],
    ]),
  );
}

/** Returns a value as rows are printed: JSON has no infinite numbers. */
function forJson(value: Value | undefined): Value | undefined {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

export interface PlanCounts {
  create: number;
  change: number;
  rename: number;
  delete: number;
  unchanged: number;
}

/** Counts what is to be done; a row that is renamed and changed is counted as renamed. */
export function countPlan(changes: readonly Change[]): PlanCounts {
  const counts: PlanCounts = { create: 0, change: 0, rename: 0, delete: 0, unchanged: 0 };
  for (const change of changes) {
    if (change.action === 'keep') {
      counts.unchanged++;
    } else if (change.action === 'change' && change.renamedFrom !== undefined) {
      counts.rename++;
    } else {
      counts[change.action]++;
    }
  }
  return counts;
}
