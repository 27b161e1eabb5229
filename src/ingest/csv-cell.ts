/** Quotes a cell where it has to be. A blank separates cells, so an empty one is quoted then. */
export function csvCell(cell: string, delimiter: string): string {
  const plain = !/["\r\n]/.test(cell) && !cell.includes(delimiter) && !(delimiter === ' ' && /^$|\s/.test(cell));
  return plain ? cell : `"${cell.replaceAll('"', '""')}"`;
}
