import { Migration } from '@mikro-orm/migrations';

export class Migration20261124233447_datapoints_experiment_ts extends Migration {
  override name = 'Migration20261124233447_datapoints_experiment_ts';

  override up(): void {
    this.addSql(`drop index "ix_datapoints_experiment_public_id"`);
    this.addSql(`create index "ix_datapoints_experiment_ts" on "datapoints" ("experiment_public_id", "timestamp")`);
  }

  override down(): void {
    this.addSql(`drop index "ix_datapoints_experiment_ts"`);
    this.addSql(`create index "ix_datapoints_experiment_public_id" on "datapoints" ("experiment_public_id")`);
  }
}
