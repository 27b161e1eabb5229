import { Migration20261123210000_initial } from './Migration20261123210000_initial.ts';

/** All migrations, the oldest first. */
export const migrations = [Migration20261123210000_initial];
