import { Migrator } from '@mikro-orm/migrations';
import pg from 'pg';
import { migrations } from './migrations/index.ts';
import { Configuration } from './src/cli/configuration.ts';
import { driverSettings } from './src/database/find-server.ts';
import { ormOptions } from './src/database/options.ts';
import { TableGenerator } from './src/database/schema/table-generator.ts';

/** For MikroORM's own command line; the program itself takes the same options from `ormOptions`. */
export default async () => {
  const { target } = new Configuration(process.env, {}, () => '', console.warn).database();
  if (target.kind === 'embedded') {
    throw new Error('Set DATABASE_URL, for example to what "webmacs db start" and "webmacs db url" print.');
  }
  const connection = await driverSettings(target);
  return {
    ...ormOptions(connection),
    schema: await currentSchema(connection),
    extensions: [Migrator, TableGenerator],
    migrations: { migrationsList: migrations, path: './migrations', snapshot: false },
  };
};

/** The schema that the program works in; "public" is what the ORM takes where it is not told. */
async function currentSchema(connection: pg.ClientConfig): Promise<string> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    const { rows } = await client.query<{ schema: string | null }>('select current_schema() as schema');
    return rows[0]?.schema ?? 'public';
  } finally {
    await client.end();
  }
}
