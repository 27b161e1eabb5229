/** The formats of data on stdout. */
export const FORMATS = ['table', 'json', 'ndjson', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** How data is printed; `auto` is a table on a terminal, and else tab-separated. */
export type Form = Format | 'auto';

/** Whether it is for programs. */
export function isStructured(form: Form): boolean {
  return form !== 'table' && form !== 'auto';
}
