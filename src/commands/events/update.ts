import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { numberOf } from '../../cli/parse.ts';
import { quoted } from '../../cli/text.ts';
import { EVENT_TYPES } from '../../entities/index.ts';
import { type EventDefinition, updateEvent } from '../../site/events.ts';
import { changeOf, find, rowOf } from '../standard/noun.ts';
import { argumentHelp } from '../standard/show.ts';
import { EVENTS } from './noun.ts';

export interface UpdateEventOptions {
  name?: string;
  unit?: string;
  min?: string;
  max?: string;
  type?: string;
}

export function declareUpdate(parent: Command, ctx: Context): void {
  const command = parent
    .command('update')
    .argument('<event>', argumentHelp(EVENTS))
    .description('change the definition of an event')
    .option('--name <name>', 'new name')
    .option('--unit <unit>', 'unit of its values')
    .option('--min <number>', 'smallest value')
    .option('--max <number>', 'largest value')
    .option('--type <type>', EVENT_TYPES.join(', '))
    .action(async (event: string, options) => await redefineEvent(ctx, event, options));
  examples(
    command,
    ['webmacs events update "Bed temperature" --max 1100'],
    ['webmacs events update 0198c2aa --name T1'],
  );
}

export async function redefineEvent(ctx: Context, given: string, options: UpdateEventOptions): Promise<void> {
  const change = changeOf<EventDefinition>(
    {
      name: options.name,
      unit: options.unit,
      minValue: options.min === undefined ? undefined : numberOf('--min', options.min),
      maxValue: options.max === undefined ? undefined : numberOf('--max', options.max),
      eventType: options.type,
    },
    '--name, --unit, --min, --max or --type',
  );
  const event = await updateEvent(await ctx.em(), await find(ctx, EVENTS, given), change);
  await ctx.output.changed(ctx.output.success(`Event ${quoted(event.name)} changed.`), await rowOf(ctx, EVENTS, event));
}
