import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { missingFromServerLayout } from '../../database/layouts/facts.ts';
import { schemaDrift } from '../../database/schema/difference.ts';
import { CheckFailedError } from '../../errors.ts';

export function declareCheck(parent: Command, ctx: Context): void {
  const command = parent
    .command('check')
    .description('whether the database has the tables, columns, keys and indexes of the entities; exit 6 if not')
    .action(async () => await check(ctx));
  examples(command, ['webmacs db check'], ['webmacs db check --json | jq -r .differences[]']);
}

export async function check(ctx: Context): Promise<void> {
  const { orm, em, where, layout } = await ctx.databaseAsIs();
  if (layout.owner === 'server') {
    return await checkServerLayout(ctx, where, await missingFromServerLayout(em, layout));
  }
  const { up: differences } = await schemaDrift(orm);
  if (differences.length === 0) {
    return await ctx.output.done(ctx.output.success('The database has the schema of the entities.'), {
      differences,
    });
  }
  if (ctx.output.structured) {
    await ctx.output.one({ differences });
  } else {
    await ctx.output.text(differences.map((sql) => `${sql};\n`).join(''));
  }
  throw new CheckFailedError(`${where} differs from the entities; the statements above would mend it.`, {
    hint: 'Pending migrations? "webmacs db status" tells.',
  });
}

async function checkServerLayout(ctx: Context, where: string, missing: string[]): Promise<void> {
  if (missing.length === 0) {
    const message = 'The database has every column, index and key of its layout.';
    return await ctx.output.done(ctx.output.success(message), { differences: missing });
  }
  if (ctx.output.structured) {
    await ctx.output.one({ differences: missing });
  } else {
    await ctx.output.text(missing.map((fact) => (fact.startsWith('create ') ? `${fact};\n` : `-- ${fact}\n`)).join(''));
  }
  throw new CheckFailedError(`${where} lacks what is listed above of its layout.`, {
    hint: missing.some((fact) => fact.startsWith('create '))
      ? 'A missing index can be made beside the running server, with the statement as it stands.'
      : "The server's own migrations make the rest.",
  });
}
