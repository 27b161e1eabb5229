import { Migrator } from '@mikro-orm/migrations';
import { migrations } from './migrations/index.ts';
import { Configuration } from './src/cli/configuration.ts';
import { connectionsOf } from './src/database/connect.ts';
import { ormOptions } from './src/database/options.ts';
import { TableGenerator } from './src/database/schema/table-generator.ts';

/** For MikroORM's own command line; the program itself takes the same options from `ormOptions`. */
export default async () => {
  const { target } = new Configuration(process.env, {}, () => '').database();
  if (target.kind === 'embedded') {
    throw new Error('Set DATABASE_URL, for example to what "webmacs db start" and "webmacs db url" print.');
  }
  const [connection = {}] = await connectionsOf(target);
  return {
    ...ormOptions(connection),
    extensions: [Migrator, TableGenerator],
    migrations: { migrationsList: migrations, path: './migrations', snapshot: false },
  };
};
