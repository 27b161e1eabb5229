/** A table as a layout expects it. Types have the names that `format_type` returns. */
export interface WantedTable {
  name: string;
  columns: WantedColumn[];
  keys: WantedKey[];
  indexes: WantedIndex[];
  checks: WantedCheck[];
  foreignKeys: WantedForeignKey[];
}

export interface WantedColumn {
  name: string;
  type: string;
  nullable: boolean;
  /** SQL; undefined if it does not matter. */
  default?: string | undefined;
  /** Whether a sequence or an identity generates it. */
  numbered: boolean;
  /** The values of an enum type, in order. */
  values?: string[] | undefined;
}

/** A primary key, a unique constraint or a unique index. */
export interface WantedKey extends WantedIndex {
  primary: boolean;
}

export interface WantedIndex {
  name: string;
  columns: string[];
}

/** The column has one of these values. */
export interface WantedCheck {
  name: string;
  column: string;
  values: string[];
}

export interface WantedForeignKey extends WantedIndex {
  table: string;
  targets: string[];
  onDelete: OnDelete;
}

export type OnDelete = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';

const TYPES: Record<string, string> = {
  varchar: 'character varying',
  int: 'integer',
  serial: 'integer',
  timestamptz: 'timestamp with time zone',
};

/** Returns the canonical name of a type, such as `character varying(100)` for `varchar(100)`. */
export function canonicalType(type: string): string {
  return type.replace(/^\w+/, (word) => TYPES[word] ?? word);
}
