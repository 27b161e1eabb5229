import type { Clock } from './clock.ts';
import { csvOf, type Viewed } from './csv.ts';
import { element } from './dom.ts';
import type { View } from './view.ts';

/** Saves what is in view of the lines that are shown as CSV. */
export function download(all: readonly Viewed[], view: View, clock: Clock, title: string): void {
  const url = URL.createObjectURL(new Blob([csvOf(all, view, clock)], { type: 'text/csv' }));
  const name = `${title.replace(/[^\p{L}\p{N}]+/gu, '_').slice(0, 80) || 'data'}.csv`;
  element('a', { href: url, download: name }).click();
  // Once the browser has read it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
