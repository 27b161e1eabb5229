import { literal } from '../database/sql.ts';
import { commented } from './comments.ts';
import { continueIds, rememberId } from './next-id.ts';
import type { TableFacts } from './table-facts.ts';

/** The name of the sequence of a copy that Citus would not let have that of the table. */
function ownSequence(copy: string): string {
  return `${copy}_id_seq`;
}

/** Returns the statements that give a copy a sequence of its own, like that of the table. */
export function addSequence({ sequence, schema, owner }: TableFacts, copy: string): string[] {
  if (!sequence || sequence.identity) {
    return [];
  }
  const { options, grants, comment } = sequence;
  const name = `${schema}.${ownSequence(copy)}`;
  const table = `${schema}.${copy}`;
  return [
    `create sequence ${name} ${options}`,
    `alter sequence ${name} owner to ${owner}`,
    `alter sequence ${name} owned by ${table}.id`,
    `alter table ${table} alter id set default nextval(${literal(name)})`,
    ...grants.map(({ privilege, to }) => `grant ${privilege} on sequence ${name} to ${to}`),
    commented(`sequence ${name}`, comment),
  ];
}

/** Returns the statements that have it take the place of that of the table. */
export function replaceSequence({ sequence }: TableFacts, copy: string): string[] {
  if (!sequence || sequence.identity) {
    return [];
  }
  return [
    rememberId(sequence),
    continueIds({ name: ownSequence(copy) }),
    // Citus keeps it on all servers until it is dropped itself.
    `drop sequence ${sequence.name} cascade`,
    `alter sequence ${ownSequence(copy)} rename to ${sequence.name.replace(/^.*\./, '')}`,
  ];
}
