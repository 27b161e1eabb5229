import { Migration } from '@mikro-orm/migrations';

/** The ids of new databases; a table with rows stays as it is: `webmacs db storage widen` changes it while it is used. */
export class Migration20261128214500_datapoints_id_bigint extends Migration {
  override name = 'Migration20261128214500_datapoints_id_bigint';

  override up(): void {
    this.addSql(ifEmpty('bigint'));
  }

  override down(): void {
    this.addSql(ifEmpty('int'));
  }
}

/** The sequence of an identity follows its column. A view on the table is reason enough to leave it. */
function ifEmpty(type: 'bigint' | 'int'): string {
  return `do $$
    declare
      sequence text := (select pg_get_serial_sequence('"datapoints"', 'id') from pg_attribute
                         where attrelid = '"datapoints"'::regclass and attname = 'id' and attidentity = '');
    begin
      if not exists (select from "datapoints") then
        alter table "datapoints" alter column "id" type ${type};
        if sequence is not null then
          execute 'alter sequence ' || sequence || ' as ${type}';
        end if;
      end if;
    exception when feature_not_supported then
      raise notice 'The ids stay as they are: %', sqlerrm;
    end $$`;
}
