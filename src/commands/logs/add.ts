import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { addLog } from '../../domain/logs.ts';
import { LOGGING_TYPES } from '../../entities/index.ts';
import { readText } from '../../files/input.ts';
import { type CreateOptions, createOptions, createRow } from '../standard/create.ts';
import { owner } from '../standard/owner.ts';
import { LOGS } from './noun.ts';

/** More than the 500 characters of an entry, so that a longer text gets the message about these. */
const MAX_CONTENT_BYTES = 64 * 1024;

export function declareAdd(parent: Command, ctx: Context): void {
  parent
    .command('add')
    .argument('<content>', 'at most 500 characters; - for standard input')
    .description('add an entry')
    .choice('--type <type>', 'type of the entry; default info if not running interactively', LOGGING_TYPES)
    .with((command) => createOptions(command, { updates: false }))
    .runs(ctx, addEntry)
    .examples(
      ['webmacs logs add "Filter changed" --type info --as alice'],
      ['df -h / | tail -1 | webmacs logs add - --type warning'],
    );
}

/** Adds an entry and prints it; with `--if-not-exists` an existing entry of the same content is kept. */
async function addEntry(ctx: Context, given: string, options: CreateOptions & { type?: string }): Promise<void> {
  const content = given === '-' ? await contentFromStdin(ctx) : given;
  const insert = async () => {
    const type = ctx.prompts.canAsk ? options.type : (options.type ?? 'info');
    const { loggingType } = await ctx.prompts.missing(
      { loggingType: type },
      { loggingType: { option: '--type', ask: 'Type', choices: LOGGING_TYPES } },
    );
    return await addLog(await ctx.em(LOGS.entity), { content, loggingType }, (await owner(ctx)).publicId);
  };
  const noun = { ...LOGS, key: 'content', made: 'added', scope: () => undefined } as const;
  await createRow(ctx, noun, content, options, insert, { values: () => ({ loggingType: options.type }) });
}

async function contentFromStdin(ctx: Context): Promise<string> {
  return (await readText('-', { maxBytes: MAX_CONTENT_BYTES, stdin: ctx.streams.stdin })).replace(/\r?\n$/, '');
}
