export const FORMATS = ['table', 'json', 'ndjson', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** How data is printed; `auto` is a table on a terminal, and else tab-separated. */
export type Form = Format | 'auto';

export function isStructured(form: Form): boolean {
  return form !== 'table' && form !== 'auto';
}
