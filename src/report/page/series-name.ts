import type { PageSeries } from '../page-data.ts';

/** The name of a series where those of all charts are together: of an event, or of an event in a run. */
export function fullName({ name, of }: Pick<PageSeries, 'name' | 'of'>): string {
  return of === undefined ? name : `${of} · ${name}`;
}
