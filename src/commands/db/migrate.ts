import { Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted } from '../../cli/text.ts';
import { databaseFailure, failureCode } from '../../database/failure.ts';
import { createServerDatabase, NEWEST_SERVER_REVISION, plannedServerDatabase } from '../../database/layouts/create.ts';
import { migrate, plannedStatements } from '../../database/schema/migrations.ts';
import { expectOwnSchema } from '../../database/schema/owner.ts';
import { ConflictError, InvalidInputError } from '../../errors.ts';
import { type LockTimeoutOption, lockOf, lockTimeoutOption } from './lock.ts';

interface MigrateOptions extends LockTimeoutOption {
  to?: string;
  dryRun?: boolean;
  layout: 'own' | 'server-roles';
}

export function declareMigrate(parent: Command, ctx: Context): void {
  parent
    .command('migrate')
    .description('bring the database to the latest schema, in one transaction')
    .option('--to <name>', 'only up to and including this migration')
    .addOption(
      new Option('--layout <layout>', 'for an empty database: our own, or that of the newer WebMACS server')
        .choices(['own', 'server-roles'])
        .default('own'),
    )
    .option('--dry-run', 'print the SQL without running it')
    .runs(ctx, runMigrations)
    .with(lockTimeoutOption)
    .examples(
      ['webmacs db migrate', 'safe to run repeatedly and concurrently'],
      ['webmacs db migrate --dry-run > migration.sql'],
      ['webmacs db migrate --layout server-roles', 'a new database for the WebMACS server in production'],
    );
}

async function runMigrations(ctx: Context, options: MigrateOptions): Promise<void> {
  if (options.layout === 'server-roles') {
    return await createServerTables(ctx, options);
  }
  const { orm, where } = await expectOwnSchema(await ctx.databaseAsIs());
  if (options.dryRun) {
    const planned = await plannedStatements(orm, options.to);
    if (ctx.output.structured) {
      return await ctx.output.list(planned, ['name', 'statements']);
    }
    return await ctx.output.text(
      planned.map(({ name, statements }) => `-- ${name}\n${statements.map((sql) => `${sql};\n`).join('')}`).join('\n'),
    );
  }
  const applied = await ctx.progress('Migrating', async () => {
    try {
      return await migrate(orm, options.to, lockOf(ctx, options));
    } catch (error) {
      throw failureCode(error) === EXISTS ? existing(error, where) : error;
    }
  });
  const message =
    applied.length > 0
      ? ctx.output.success(`Applied ${counted(applied.length, 'migration')}: ${applied.join(', ')}.`)
      : 'Nothing to do: the database is up to date.';
  await ctx.output.done(message, { applied });
}

const EXISTS = '42P07';

function existing(error: unknown, where: string): ConflictError {
  return new ConflictError((databaseFailure(error, where) as Error).message, {
    hint: 'Nothing was changed. If all tables already exist, record the migration: webmacs db stamp NAME',
    cause: error,
  });
}

async function createServerTables(ctx: Context, options: MigrateOptions): Promise<void> {
  if (options.to !== undefined) {
    throw new InvalidInputError('--to is for our own migrations; the layout of the server is created as a whole.');
  }
  const database = await ctx.databaseAsIs();
  if (options.dryRun) {
    const statements = await plannedServerDatabase(database);
    return ctx.output.structured
      ? await ctx.output.one({ name: NEWEST_SERVER_REVISION, statements })
      : await ctx.output.text(statements.map((sql) => `${sql};\n`).join(''));
  }
  const created = await createServerDatabase(database, lockOf(ctx, options));
  const message = created
    ? ctx.output.success(`Created the tables of the WebMACS server, at its revision ${NEWEST_SERVER_REVISION}.`)
    : `Nothing to do: the tables of the WebMACS server exist, at its revision ${NEWEST_SERVER_REVISION}.`;
  await ctx.output.done(message, { applied: created ? [NEWEST_SERVER_REVISION] : [] });
}
