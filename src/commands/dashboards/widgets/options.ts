import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { wholeNumber } from '../../../cli/parse.ts';
import { MAX_CONFIG_BYTES } from '../../../domain/checks.ts';
import { WIDGET_TYPES } from '../../../entities/index.ts';
import { readJsonObject } from '../../../files/input.ts';

export interface WidgetOptions {
  type?: string;
  title?: string;
  x?: number;
  y?: number;
  w?: number;
  h?: number;
  configFile?: string;
}

export function widgetOptions(command: Command): Command {
  return command
    .choice('--type <type>', 'type of the widget', WIDGET_TYPES)
    .option('--title <title>', 'title shown above it')
    .option('--x <column>', 'left column, 0 to 11', wholeNumber)
    .option('--y <row>', 'top row, from 0', wholeNumber)
    .option('--w <columns>', 'width, 1 to 12', wholeNumber)
    .option('--h <rows>', 'height, 1 to 12', wholeNumber)
    .option('--config-file <file>', 'file with the configuration, a JSON object; - for standard input');
}

export async function configOf(ctx: Context, { configFile }: WidgetOptions): Promise<string | undefined> {
  const options = { maxBytes: MAX_CONFIG_BYTES, stdin: ctx.streams.stdin };
  return configFile === undefined ? undefined : await readJsonObject(configFile, options, '{"color": "red"}');
}
