import { Migration20261123210000_initial } from './Migration20261123210000_initial.ts';
import { Migration20261124233447_datapoints_experiment_ts } from './Migration20261124233447_datapoints_experiment_ts.ts';

/** All migrations, the oldest first. */
export const migrations = [Migration20261123210000_initial, Migration20261124233447_datapoints_experiment_ts];
