import { DashboardWidget } from '../entities/index.ts';
import type { Kind, Stored } from './model.ts';

/**
 * Returns rows with their names, in the order in which a file has them: by name, widgets by their place. Of several widgets of
 * a dashboard with the same title, all but the first have a number, as in `Flow (2)`.
 */
export function siblingNames(kind: Kind, rows: readonly Stored[]): { row: Stored; name: string }[] {
  const used = new Map<string, number>();
  return rows
    .toSorted((one, other) => order(kind, one, other))
    .map((row) => {
      const name = kind.nameOf(row);
      if (!(row instanceof DashboardWidget)) {
        return { row, name };
      }
      const scope = JSON.stringify([row.dashboard.id, name]);
      const count = (used.get(scope) ?? 0) + 1;
      used.set(scope, count);
      return { row, name: count === 1 ? name : `${name} (${count})` };
    });
}

function order(kind: Kind, one: Stored, other: Stored): number {
  if (one instanceof DashboardWidget && other instanceof DashboardWidget) {
    return one.y - other.y || one.x - other.x || one.id - other.id;
  }
  const [name, otherName] = [kind.nameOf(one), kind.nameOf(other)];
  return name < otherName ? -1 : name > otherName ? 1 : one.id - other.id;
}
