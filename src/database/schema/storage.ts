import type { Transaction } from '@mikro-orm/core';
import { MigrationStorage } from '@mikro-orm/migrations';
import { MIGRATIONS_TABLE } from './status.ts';

type Row = Awaited<ReturnType<MigrationStorage['getExecutedMigrations']>>[number];

/**
 * MikroORM's table of executed migrations, by its unqualified name, in a transaction whose search path is the current schema.
 * The ORM itself would look for it in the schema "public", or in one whose name has no dot and that the role owns.
 */
export class CurrentSchemaStorage extends MigrationStorage {
  #transaction: Transaction | undefined;

  override setMasterMigration(transaction: Transaction): void {
    super.setMasterMigration(transaction);
    this.#transaction = transaction;
  }

  override async ensureTable(): Promise<void> {
    const [table] = await this.#execute<{ present: boolean }>('select to_regclass(?) is not null as present', [
      MIGRATIONS_TABLE,
    ]);
    if (!table?.present) {
      // As the ORM creates it.
      await this.#execute(
        `create table ${MIGRATIONS_TABLE} (id serial primary key, name varchar(255) not null,
           executed_at timestamptz not null default current_timestamp)`,
      );
    }
  }

  override async getExecutedMigrations(): Promise<Row[]> {
    await this.ensureTable();
    const rows = await this.#execute<Record<'id' | 'name' | 'executed_at', string>>(
      `select id, name, executed_at from ${MIGRATIONS_TABLE} order by id`,
    );
    return rows.map(({ id, name, executed_at }) => ({ id: Number(id), name, executed_at: new Date(executed_at) }));
  }

  override async logMigration({ name }: { name: string }, transaction?: Transaction): Promise<void> {
    await this.ensureTable();
    await this.#execute(
      `insert into ${MIGRATIONS_TABLE} (name) values (?)`,
      [this.getMigrationName(name)],
      transaction,
    );
  }

  override async unlogMigration({ name }: { name: string }, transaction?: Transaction): Promise<void> {
    await this.#execute(`delete from ${MIGRATIONS_TABLE} where name = ?`, [this.getMigrationName(name)], transaction);
  }

  async #execute<T>(sql: string, parameters: unknown[] = [], transaction = this.#transaction): Promise<T[]> {
    return (await this.driver.getConnection().execute(sql, parameters, 'all', transaction)) as T[];
  }
}
