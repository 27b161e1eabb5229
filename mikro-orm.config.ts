import { Migrator } from '@mikro-orm/migrations';
import { migrations } from './migrations/index.ts';
import { Configuration } from './src/cli/configuration.ts';
import { driverSettings } from './src/database/find-server.ts';
import { ormOptions } from './src/database/options.ts';

/** For MikroORM's own command line; the program itself takes the same options from `ormOptions`. */
export default async () => {
  const { target } = new Configuration(process.env, {}, () => '').database();
  if (target.kind === 'embedded') {
    throw new Error('Set DATABASE_URL, for example to what "webmacs db start" and "webmacs db url" print.');
  }
  const connection = await driverSettings(target);
  return {
    ...ormOptions(connection),
    extensions: [Migrator],
    migrations: { migrationsList: migrations, path: './migrations', snapshot: false },
  };
};
