import { join } from 'node:path';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { generateMigration } from '../../database/schema/generate.ts';
import { expectOwnSchema } from '../../database/schema/owner.ts';
import { type LockTimeoutOption, lockOf, lockTimeoutOption } from './lock.ts';

interface GenerateOptions extends LockTimeoutOption {
  name?: string;
  directory: string;
}

export function declareGenerate(parent: Command, ctx: Context): void {
  parent
    .command('generate')
    .description('write the next migration, from the existing migrations to the entities (for developers)')
    .option('--name <name>', 'the purpose of the migration, such as add_event_color')
    .option('--directory <dir>', 'the directory of the migrations', join('.', 'migrations'))
    .runs(ctx, generate)
    .with(lockTimeoutOption)
    .examples(['webmacs db generate --name add_event_color']);
}

async function generate(ctx: Context, options: GenerateOptions): Promise<void> {
  const { name } = await ctx.prompts.missing(options, {
    name: { option: '--name', ask: 'Purpose of the migration' },
  });
  const { orm } = await expectOwnSchema(await ctx.databaseAsIs());
  const file = await generateMigration(orm, options.directory, name, ctx.now(), lockOf(ctx, options));
  const message = file
    ? ctx.output.success(`Wrote ${file}. Read it, build, then run "webmacs db migrate".`)
    : 'No difference between entities and migrations: nothing written.';
  await ctx.output.done(message, { file: file ?? null });
}
