/**
 * SQL for the schema that everything is done in, as a `regnamespace`: the first of the role's `search_path` that exists.
 * Tables without a schema's name are created there; and once all tables of a layout are known to be there, their names
 * alone mean no others.
 */
export const CURRENT_SCHEMA = 'quote_ident(current_schema())::regnamespace';

/** SQL for a number of the current schema: the second key of advisory locks that concern only those who work in it. */
export const SCHEMA_KEY = `${CURRENT_SCHEMA}::oid::int4`;
