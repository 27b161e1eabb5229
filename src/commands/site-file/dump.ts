import type { EntityManager } from '@mikro-orm/postgresql';
import { Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted } from '../../cli/text.ts';
import { InvalidInputError } from '../../errors.ts';
import { writeTextFile } from '../../files/output-file.ts';
import { dumpSite, dumpText } from '../../site-file/dump.ts';
import { mergedDump } from '../../site-file/merge-dump.ts';
import { readSource } from '../../site-file/sources.ts';
import { onlyOption, setOption, variablesOf } from './options.ts';

interface DumpOptions {
  only?: string[];
  output?: string;
  force?: boolean;
  into?: string;
  set?: string[];
}

export function declareDump(command: Command, ctx: Context): void {
  command
    .with(onlyOption)
    .option('-o, --output <file>', 'file to write; standard output by default')
    .option('--force', 'replace the file if it exists')
    .addOption(
      new Option('--into <file>', 'change a file where the database has other values').conflicts([
        'output',
        'only',
        'force',
      ]),
    )
    .with(setOption)
    .runs(ctx, dump)
    .note(NOTE)
    .examples(
      ['webmacs dump -o site.yaml'],
      ['webmacs dump --only events,rules'],
      ['webmacs dump --into site.yaml', 'changes its lines that differ, of the kinds that it has; comments stay'],
      ['webmacs dump | diff site.yaml -', 'what was changed since'],
    );
}

const NOTE = `
The same configuration gives the same text. It has no passwords and no secrets, but names the variables that apply reads them
from; rows that exist keep theirs if these are not set.`;

async function dump(ctx: Context, { only, output: path, force = false, into, set }: DumpOptions): Promise<void> {
  if (set && into === undefined) {
    throw new InvalidInputError('--set needs --into: a dump has no variables.');
  }
  const { em } = await ctx.database();
  if (into !== undefined) {
    return await mergeInto(ctx, em, into, variablesOf(ctx, set ?? []));
  }
  const dumped = await dumpSite(em, only && new Set(only));
  const { omitted } = dumped;
  const text = dumpText(dumped);
  for (const [kind, rows] of Object.entries(omitted)) {
    const why = kind === 'experiments' ? 'they have not ended' : 'others have the same name';
    await ctx.output.warn(`${counted(rows, `row of ${kind}`, `rows of ${kind}`)} left out: ${why}.`);
  }
  if (path === undefined) {
    return await ctx.output.text(text);
  }
  await writeTextFile(path, { force, suffixes: ['.yaml', '.yml'] }, text);
  await ctx.output.done(ctx.output.success(`${path} written.`), { file: path });
}

async function mergeInto(
  ctx: Context,
  em: EntityManager,
  path: string,
  variables: Record<string, string | undefined>,
): Promise<void> {
  const source = await readSource(path);
  const text = await mergedDump(em, source, { variables, allowPlainSecrets: true });
  if (text === source.text) {
    return await ctx.output.done('No changes.', { file: path, changed: false });
  }
  await writeTextFile(path, { force: true, suffixes: ['.yaml', '.yml', '.json'] }, text);
  await ctx.output.done(ctx.output.success(`${path} changed.`), { file: path, changed: true });
}
