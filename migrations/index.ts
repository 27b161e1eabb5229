import { Migration20261123210000_initial } from './Migration20261123210000_initial.ts';
import { Migration20261124233447_datapoints_experiment_ts } from './Migration20261124233447_datapoints_experiment_ts.ts';
import { Migration20261128214500_datapoints_id_bigint } from './Migration20261128214500_datapoints_id_bigint.ts';

/** All migrations, the oldest first. */
export const migrations = [
  Migration20261123210000_initial,
  Migration20261124233447_datapoints_experiment_ts,
  Migration20261128214500_datapoints_id_bigint,
];
