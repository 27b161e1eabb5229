import pg from 'pg';

/**
 * Quotes a table or column name for use in SQL.
 * @see https://www.postgresql.org/docs/17/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
 */
export function identifier(name: string): string {
  return pg.escapeIdentifier(name);
}

/** Quotes a value for the few statements that take no parameters: COPY, SET TRANSACTION SNAPSHOT, CREATE DATABASE. */
export function literal(value: string): string {
  return pg.escapeLiteral(value);
}
