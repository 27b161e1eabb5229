import { dirname, join } from 'node:path';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted } from '../../cli/text.ts';
import { writeTextFile } from '../../files/output-file.ts';
import { checkFile } from '../../site-file/check-file.ts';
import { siteSchema } from '../../site-file/json-schema.ts';
import { SCHEMA_FILE, STARTER } from '../../site-file/starter.ts';
import { shellWord } from '../../text/shell-word.ts';
import { type FileOptions, fileOptions, siteOf } from './options.ts';

export function declareValidate(command: Command, ctx: Context): void {
  command
    .with(fileOptions)
    .runs(ctx, async (_ctx, options: FileOptions) => {
      const site = await siteOf(ctx, options);
      checkFile(site);
      const { rows } = site;
      await ctx.output.done(ctx.output.success(`Valid: ${counted(rows.length, 'row')}.`), { rows: rows.length });
    })
    .examples(['webmacs validate -f site.yaml', 'without a database']);
}

export function declareSchema(command: Command, ctx: Context): void {
  command
    .runs(ctx, async () => await ctx.output.text(schemaText()))
    .examples(['webmacs schema > site.schema.json', 'for editors, which then complete and check']);
}

export function declareInit(command: Command, ctx: Context): void {
  command
    .argument('[file]', 'file to write', 'site.yaml')
    .option('--force', 'replace the files if they exist')
    .runs(ctx, init)
    .examples(['webmacs init', `writes site.yaml, and ${SCHEMA_FILE} beside it`]);
}

async function init(ctx: Context, file: string, { force = false }: { force?: boolean }): Promise<void> {
  const schemaFile = join(dirname(file), SCHEMA_FILE);
  await writeTextFile(file, { force, suffixes: ['.yaml', '.yml'] }, STARTER);
  await writeTextFile(schemaFile, { force: true, suffixes: ['.json'] }, schemaText());
  const next = `Edit ${file}, then: ${ctx.calledAs} diff -f ${shellWord(file)}`;
  await ctx.output.done(`${ctx.output.success(`${file} and ${schemaFile} written.`)}\n${next}`, {
    file,
    schema: schemaFile,
  });
}

function schemaText(): string {
  return `${JSON.stringify(siteSchema(), undefined, 2)}\n`;
}
