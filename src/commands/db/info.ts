import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { fileSize, grouped } from '../../cli/text.ts';
import { databaseInfo } from '../../database/info.ts';
import { latestMigration } from '../../database/schema/owner.ts';

export function declareInfo(parent: Command, ctx: Context): void {
  parent
    .command('info')
    .description('show the server version, size, rows and used ids per table, and location')
    .runs(ctx, info)
    .examples(['webmacs db info'], ['webmacs db info --json | jq .size_bytes']);
}

async function info(ctx: Context): Promise<void> {
  const opened = await ctx.databaseAsIs();
  const { em, where, storage, layoutDescription: layout } = opened;
  const { tables, ...about } = await ctx.progress('Measuring', async () => databaseInfo(em, storage));
  const migration = await latestMigration(opened);
  const { origin } = ctx.configuration.database();
  if (ctx.output.structured) {
    return await ctx.output.one({ where, origin, ...about, layout, migration, tables });
  }
  await ctx.output.one({
    where,
    origin,
    server_version: about.server_version,
    database: about.database,
    schema: about.schema,
    size: fileSize(about.size_bytes),
    layout,
    migration: migration ?? (opened.layout.owner === 'webmacs' ? 'none: run "webmacs db migrate"' : 'none'),
  });
  if (!ctx.output.forPeople) {
    return await ctx.output.list(tables, ['table', 'rows', 'size_bytes', 'ids_used_percent']);
  }
  await ctx.output.text('\n');
  await ctx.output.list(
    tables.map(({ table, rows, estimated, size_bytes, ids_used_percent: used }) => ({
      table,
      rows: `${estimated ? 'about ' : ''}${grouped(rows)}`,
      size: fileSize(size_bytes),
      ids: used === null ? '' : `${used} % used`,
    })),
    ['table', 'rows', 'size', 'ids'],
  );
}
