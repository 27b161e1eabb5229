import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { wholeNumber } from '../../cli/parse.ts';
import { printable } from '../../cli/text.ts';
import { shownTimezone } from '../../cli/timezone.ts';
import { type LogLine, LogTail } from '../../domain/log-tail.ts';
import { localTime } from '../../text/local-time.ts';
import { followQuery } from '../standard/follow.ts';
import { type LogOptions, logOptions, logSelection } from './noun.ts';

const COLUMNS = ['created_on', 'logging_type', 'user', 'content'];
const ALL_COLUMNS = [
  'id',
  'public_id',
  'content',
  'logging_type',
  'status_type',
  'user_public_id',
  'created_on',
  'user',
];
const TYPE_WIDTH = 7;

interface TailOptions extends LogOptions {
  limit: number;
  follow?: boolean;
}

export function declareTail(parent: Command, ctx: Context): void {
  parent
    .command('tail')
    .description('print the last entries, newest last')
    .option('-n, --limit <n>', 'number of entries', wholeNumber, 10)
    .alsoNamed('--lines', '--limit')
    .option('-f, --follow', 'print new entries as they arrive, until Ctrl-C (exit code 130)')
    .runs(ctx, tail)
    .with(logOptions)
    .examples(
      ['webmacs logs tail --follow'],
      ['webmacs logs tail -f -n 0 --type error --json', 'one JSON object per line for each new error'],
    );
}

async function tail(ctx: Context, { limit, follow = false, ...options }: TailOptions): Promise<void> {
  const log = new LogTail(await ctx.em(), await logSelection(ctx, options));
  const end = await log.end(limit);
  if (!follow && !ctx.output.forPeople) {
    return await ctx.output.list(end, COLUMNS, { all: ALL_COLUMNS });
  }
  let first = true;
  const print = async (entries: LogLine[]) => {
    if (ctx.output.forPeople) {
      return await printLines(ctx, entries);
    }
    for (const line of entries) {
      await ctx.output.next(line, ctx.output.structured ? ALL_COLUMNS : COLUMNS, first);
      first = false;
    }
  };
  await print(end);
  if (follow) {
    await followQuery(ctx, { read: async () => await log.next(), print, everySeconds: 1 });
  }
}

async function printLines(ctx: Context, entries: LogLine[]): Promise<void> {
  const { style } = ctx.output;
  const colours: Record<string, (text: string) => string> = { error: style.red, warning: style.yellow };
  const zone = shownTimezone(ctx);
  const lines = entries.map(({ created_on, logging_type, user, content }) => {
    const time = localTime(zone, created_on);
    const when = time ? `${time.second} ${time.offset}` : created_on;
    const type = (colours[logging_type ?? ''] ?? String)((logging_type ?? '').padEnd(TYPE_WIDTH));
    return `${style.dim(when)}  ${type}  ${printable(user)}  ${printable(content)}\n`;
  });
  await ctx.output.text(lines.join(''));
}
