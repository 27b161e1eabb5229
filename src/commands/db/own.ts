import type { Context } from '../../cli/context.ts';
import type { Database } from '../../database/database.ts';
import { expectOwnSchema } from '../../database/schema/owner.ts';

/** Returns the database, empty or not, after checking that its schema is ours to change. */
export async function ownDatabase(ctx: Context): Promise<Database> {
  const database = await ctx.databaseAsIs();
  await expectOwnSchema(database);
  return database;
}
