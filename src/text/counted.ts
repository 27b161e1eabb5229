/** Formats a count: `1,234,567`. */
export function grouped(count: number): string {
  // Intl takes longer to initialize than a list takes to read.
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Formats a count with its noun: `3 events`, `1 event`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${grouped(count)} ${count === 1 ? singular : plural}`;
}
