import { literal } from '../database/sql.ts';
import type { TableFacts } from './table-facts.ts';

/** The next id, kept until the new table continues with it: the sequence of an identity goes with its table. */
export function rememberId({ name }: { name: string }): string {
  return `select set_config('webmacs.next_id', (last_value + is_called::int)::text, true) from ${name}`;
}

/** Has a sequence continue with it. */
export function continueIds({ name }: { name: string }): string {
  return `select setval(${literal(name)}, current_setting('webmacs.next_id')::bigint, false)`;
}

/** Returns the statements that make the ids an identity again, which continues with it. */
export function continueIdentity(isAlways: boolean): string[] {
  return [
    `alter table datapoints alter id add generated ${isAlways ? 'always' : 'by default'} as identity`,
    `select setval(pg_get_serial_sequence('datapoints', 'id'), current_setting('webmacs.next_id')::bigint, false)`,
  ];
}

/**
 * Returns the statements before and after others, so that no identity generates the ids meanwhile. PostgreSQL 17 gives one to a table that
 * is attached, but not to the partitions of that table, which it then refuses to detach.
 */
export function withoutIdentity({ sequence }: TableFacts): { before: string[]; after: string[] } {
  return sequence?.identity
    ? {
        before: [rememberId(sequence), 'alter table datapoints alter id drop identity'],
        after: continueIdentity(sequence.always),
      }
    : { before: [], after: [] };
}
