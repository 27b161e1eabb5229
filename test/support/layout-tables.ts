import pg from 'pg';
import { Database } from '../../src/database/database.ts';
import type { LayoutName } from '../../src/database/layouts/layouts.ts';
import { serverSchema } from '../../src/database/layouts/server-schema.ts';
import { migrate } from '../../src/database/schema/migrations.ts';
import { targetFromUrl } from '../../src/database/target.ts';

/** Creates the tables of a layout in an empty database. */
export async function createTables(url: string, layout: LayoutName): Promise<void> {
  if (layout === 'own') {
    await using database = await Database.open(targetFromUrl(url, {}, 'the test'), { asIs: true });
    await migrate(database.orm, undefined, { lockTimeoutSeconds: 10 });
    return;
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const statement of serverSchema(layout)) {
    await client.query(statement);
  }
  await client.end();
}
