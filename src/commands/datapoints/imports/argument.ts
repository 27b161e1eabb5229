/** What the help says about the argument that names an import. */
export const IMPORT_ID = 'id, or its first 4 or more characters';
