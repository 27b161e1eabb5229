import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted } from '../../cli/text.ts';
import { withOutputFile } from '../../files/output-file.ts';
import { dumpSite } from '../../site-file/dump.ts';
import { onlyOption } from './options.ts';

interface DumpOptions {
  only?: string[];
  output?: string;
  force?: boolean;
}

export function declareDump(command: Command, ctx: Context): void {
  command
    .with(onlyOption)
    .option('-o, --output <file>', 'file to write; standard output by default')
    .option('--force', 'replace the file if it exists')
    .runs(ctx, dump)
    .note(NOTE)
    .examples(
      ['webmacs dump -o site.yaml'],
      ['webmacs dump --only events,rules'],
      ['webmacs dump | diff site.yaml -', 'what was changed since'],
    );
}

const NOTE = `
The same configuration gives the same text. It has no passwords and no secrets, but names the variables that apply reads them
from; rows that exist keep theirs if these are not set.`;

async function dump(ctx: Context, { only, output: path, force = false }: DumpOptions): Promise<void> {
  const { em } = await ctx.database();
  const { text, omitted } = await dumpSite(em, only && new Set(only));
  for (const [kind, rows] of Object.entries(omitted)) {
    const why = kind === 'experiments' ? 'they have not ended' : 'others have the same name';
    await ctx.output.warn(`${counted(rows, `row of ${kind}`, `rows of ${kind}`)} left out: ${why}.`);
  }
  if (path === undefined) {
    return await ctx.output.text(text);
  }
  await withOutputFile(path, { force, suffixes: ['.yaml', '.yml'] }, async (stream) => void stream.write(text));
  await ctx.output.done(ctx.output.success(`${path} written.`), { file: path });
}
