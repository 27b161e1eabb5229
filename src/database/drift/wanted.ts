/** What a layout wants of a table. Types are in PostgreSQL's own words, as `format_type` gives them. */
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
  /** SQL; undefined where it does not matter. */
  default?: string;
  /** Numbers itself, by a sequence or as an identity. */
  numbered: boolean;
  /** Of an enum type, in order. */
  values?: string[];
}

/** A primary key, or what is unique by a constraint or an index. */
export interface WantedKey {
  name: string;
  columns: string[];
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

export interface WantedForeignKey {
  name: string;
  columns: string[];
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

/** `varchar(100)` as `character varying(100)`. */
export function canonicalType(type: string): string {
  return type.replace(/^\w+/, (word) => TYPES[word] ?? word);
}
