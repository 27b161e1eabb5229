import type { Consequences } from '../database/cascade.ts';
import type { Match } from './match.ts';
import type { Fields, Kind, Stored, Value } from './model.ts';

/** A field that is to be changed; a secret has no values. */
export interface Difference {
  field: string;
  before?: Value;
  after?: Value;
}

/** What is to be done with one row. */
export type Change = Create | Update | Delete | Keep;

interface Planned {
  kind: Kind;
  /** With that of its parent, such as `Overview / Bed temperature`. */
  name: string;
}

/** A declared row, and what its row in the database is to be. */
export interface Wanted extends Planned {
  match: Match;
  /** The properties of its entity, but for references to its parent. */
  columns: Record<string, unknown>;
  fields: Fields;
  /** The password or secret that it gets, if it is to be set; `null` to remove it. */
  secret?: string | null;
}

export interface Create extends Wanted {
  action: 'create';
}

export interface Update extends Wanted {
  action: 'change';
  row: Stored;
  renamedFrom?: string;
  differences: readonly Difference[];
}

/** It is as declared; or it differs, but rows of its kind are not changed. */
export interface Keep extends Wanted {
  action: 'keep';
  differences: readonly Difference[];
}

export interface Delete extends Planned {
  action: 'delete';
  row: Stored;
  /** What is deleted with it, once that is counted. */
  consequences?: Consequences;
}
