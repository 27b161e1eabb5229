import { kindOfCell } from '../plan/cell.ts';
import type { CellValue } from '../plan/values.ts';

/** What the cells of a column, or of an event, hold. */
export interface CellCounts {
  numbers: number;
  missing: number;
  texts: number;
  /** The first text that is not a number. */
  text: string | undefined;
  /** Of the finite numbers. */
  min: number | undefined;
  max: number | undefined;
}

export function noCells(): CellCounts {
  return { numbers: 0, missing: 0, texts: 0, text: undefined, min: undefined, max: undefined };
}

/** Counts a value as an import reads it. */
export function countValue(counts: CellCounts, value: CellValue): void {
  if ('text' in value) {
    counts.numbers++;
    const number = Number(value.text);
    if (Number.isFinite(number)) {
      counts.min = counts.min === undefined || number < counts.min ? number : counts.min;
      counts.max = counts.max === undefined || number > counts.max ? number : counts.max;
    }
  } else if ('missing' in value) {
    counts.missing++;
  } else {
    counts.texts++;
    counts.text ??= value.problem;
  }
}

/** Counts a cell of a column that is not imported. */
export function countCell(counts: CellCounts, cell: string): void {
  const kind = cell === '' ? 'missing' : kindOfCell(cell);
  if (kind === 'missing') {
    counts.missing++;
  } else if (kind === 'number') {
    counts.numbers++;
  } else {
    counts.texts++;
    counts.text ??= cell;
  }
}
