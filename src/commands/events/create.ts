import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { numberOf } from '../../cli/parse.ts';
import { createEvent, updateEvent } from '../../domain/events.ts';
import { EVENT_TYPES } from '../../entities/index.ts';
import { confirmCreate } from '../standard/confirm-create.ts';
import { type CreateOptions, createOptions, createRow } from '../standard/create.ts';
import { owner } from '../standard/owner.ts';
import { EVENTS } from './noun.ts';
import { type EventOptions, valuesOf } from './options.ts';

type CreateEventOptions = CreateOptions & EventOptions;

export function declareCreate(parent: Command, ctx: Context): void {
  parent
    .command('create')
    .argument('<name>', 'name of the event, unique')
    .description('define a sensor or actuator channel')
    .option('--unit <unit>', 'unit of its values, such as °C')
    .option('--min <number>', 'smallest value')
    .option('--max <number>', 'largest value, greater than the smallest')
    .choice('--type <type>', 'type of the event', EVENT_TYPES)
    .with(createOptions)
    .runs(ctx, defineEvent)
    .examples(
      ['webmacs events create "Bed temperature" --unit °C --min 0 --max 900 --type sensor'],
      ['webmacs events create Valve --unit % --min 0 --max 100 --type actuator --as alice --if-not-exists'],
    );
}

async function defineEvent(ctx: Context, name: string, options: CreateEventOptions): Promise<void> {
  const insert = async () => {
    const { unit, min, max, type } = await ctx.prompts.missing(options, {
      unit: { option: '--unit', ask: 'Unit of its values' },
      min: { option: '--min', ask: 'Smallest value', check: (text: string) => numberOf('--min', text) },
      max: { option: '--max', ask: 'Largest value', check: (text: string) => numberOf('--max', text) },
      type: { option: '--type', ask: 'Type', choices: EVENT_TYPES },
    });
    const values = { minValue: numberOf('--min', min), maxValue: numberOf('--max', max) };
    const definition = { name, unit, ...values, eventType: type };
    const { publicId, username } = await owner(ctx);
    await confirmCreate(ctx, EVENTS, { ...definition, owner: username });
    return await createEvent(await ctx.em(EVENTS.entity), definition, publicId);
  };
  await createRow(ctx, EVENTS, name, options, insert, { values: () => valuesOf(options), update: updateEvent });
}
