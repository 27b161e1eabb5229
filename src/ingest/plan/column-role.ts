import { isMissing } from './cell.ts';
import { COUNTER_NAMES, FLAG_NAMES, normalized, ROW_NUMBER_NAMES } from './known-names.ts';
import type { Table } from './table.ts';
import type { Title } from './title.ts';

/**
 * Tells a column of numbers that are no measurements by its name. A name that may also be that of a measurement, such as that
 * of nitric oxide, has to count the rows.
 */
export function columnRole(
  { rows }: Table,
  titles: readonly Title[],
  column: number,
): 'record number' | 'flag' | undefined {
  const name = normalized(titles[column]?.name ?? '');
  if (
    FLAG_NAMES.some((one) => one === name || (name.startsWith(`${one} `) && /^\d+$/.test(name.slice(one.length + 1))))
  ) {
    return 'flag';
  }
  const cells = () => rows.map(({ fields }) => fields[column]?.trim() ?? '').filter((cell) => !isMissing(cell));
  const isNumber = ROW_NUMBER_NAMES.includes(name) ? isWhole(cells()) : COUNTER_NAMES.includes(name) && rises(cells());
  return isNumber ? 'record number' : undefined;
}

function isWhole(cells: readonly string[]): boolean {
  return cells.filter((cell) => /^\d+$/.test(cell)).length * 2 > cells.length;
}

function rises(cells: readonly string[]): boolean {
  const steps = cells.slice(1).filter((cell, index) => Number(cell) > Number(cells[index]));
  return isWhole(cells) && steps.length >= 2 && steps.length * 4 > (cells.length - 1) * 3;
}
