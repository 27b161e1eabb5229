import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { fileSize, grouped } from '../../../cli/text.ts';
import { isoTimestamp } from '../../../entities/types.ts';
import { rowsOf } from './write.ts';

const COLUMNS = ['file', 'created_on', 'rows', 'bytes', 'database', 'layout', 'problem'];

export function declareList(parent: Command, ctx: Context): void {
  parent
    .command('list')
    .argument('[folder]', 'where the backups are', '.')
    .description('list the backups in a folder, the newest first, and which are not whole')
    .runs(ctx, listBackups)
    .note('Only the manifests are read: "db backup verify" also compares the rows with their checksums.')
    .examples(['webmacs db backup list backups'], ["webmacs db backup list backups --json | jq -r '.[0].file'"]);
}

async function listBackups(ctx: Context, folder: string): Promise<void> {
  const { findBackups } = await import('../../../backup/list.ts');
  const found = await ctx.progress('Reading', async () => findBackups(folder));
  const { forPeople } = ctx.output;
  const rows = found.map(({ path, manifest, bytes = null, problem = null }) => {
    const rows = manifest ? rowsOf(manifest) : null;
    return {
      ...{ file: path, created_on: manifest ? isoTimestamp(manifest.created_on) : null },
      rows: forPeople && rows !== null ? grouped(rows) : rows,
      bytes: forPeople && bytes !== null ? fileSize(bytes) : bytes,
      ...{ database: manifest?.database ?? null, layout: manifest?.layout ?? null, problem },
    };
  });
  await ctx.output.list(rows, COLUMNS);
}
