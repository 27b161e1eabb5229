import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { quoted } from '../../../cli/text.ts';
import { CHANNEL_DIRECTIONS } from '../../../entities/index.ts';
import { ConflictError } from '../../../errors.ts';
import { type ChannelRow, createChannel, findChannel, updateChannel } from '../../../plugins/channels.ts';
import type { InstanceRow } from '../../../plugins/instances.ts';
import { defined } from '../../../text/defined.ts';
import { EVENTS, eventOrNone } from '../../events/noun.ts';
import { rowArgument } from '../../standard/choices.ts';
import { type CreateOptions, createOptions, printExisting } from '../../standard/create.ts';
import { differencesOf } from '../../standard/differences.ts';
import { find, findPublicId, rowOf } from '../../standard/noun.ts';
import { INSTANCES } from '../instances/noun.ts';
import { CHANNELS } from './noun.ts';

interface MapOptions extends CreateOptions {
  /** `false` with `--no-event`. */
  event?: string | false;
  name?: string;
  direction?: string;
  unit?: string;
}

export function declareMap(parent: Command, ctx: Context): void {
  parent
    .command('map')
    .addArgument(rowArgument(ctx, INSTANCES))
    .argument('<channel>', 'id of the channel within the instance')
    .description('connect a channel of an instance to an event; creates the channel, or updates the given options')
    .option('--event <event>', 'name or public id of the event that it feeds')
    .option('--no-event', 'feed no event')
    .choice('--direction <direction>', 'direction of its values', CHANNEL_DIRECTIONS)
    .option('--unit <unit>', 'unit of its values (default for a new channel: that of the event)')
    .option('--name <name>', 'name of the channel (default for a new channel: its id)')
    // Without it, an existing one is updated.
    .with((command) => createOptions(command, { updates: false }))
    .runs(ctx, mapChannel)
    .examples(
      ['webmacs plugins channels map "Rig 1" AI0 --event "Bed temperature" --direction input'],
      ['webmacs plugins channels map "Rig 1" AI0 --event "Wall temperature"', 'another event'],
      ['webmacs plugins channels map "Rig 1" AI7 --no-event --direction input --unit V'],
    );
}

async function mapChannel(ctx: Context, given: string, channelId: string, options: MapOptions): Promise<void> {
  const instance = await find(ctx, INSTANCES, given);
  const existing = async () => await findChannel(await ctx.em(), instance, channelId);
  const before = await existing();
  if (before) {
    return await changeChannel(ctx, instance, before, options);
  }
  let channel: ChannelRow;
  try {
    channel = await newChannel(ctx, instance, channelId, options);
  } catch (error) {
    // Another session may have created it in the meantime.
    const after = error instanceof ConflictError ? await existing() : undefined;
    if (!after) {
      throw error;
    }
    return await changeChannel(ctx, instance, after, options);
  }
  await report(ctx, instance, channel, 'mapped', true);
}

async function newChannel(ctx: Context, instance: InstanceRow, channelId: string, options: MapOptions) {
  const { event: eventName } =
    options.event === false
      ? { event: '' }
      : await ctx.prompts.missing({ event: options.event }, { event: eventOrNone(ctx, 'Event that it feeds') });
  const event = eventName === '' ? undefined : await find(ctx, EVENTS, eventName);
  const { direction, unit } = await ctx.prompts.missing(
    { unit: event?.unit, ...options },
    {
      direction: { option: '--direction', ask: 'Direction', choices: CHANNEL_DIRECTIONS },
      unit: { option: '--unit', ask: 'Unit of its values' },
    },
  );
  const definition = {
    channelName: options.name ?? channelId,
    direction,
    unit,
    eventPublicId: event?.publicId ?? null,
  };
  return await createChannel(await ctx.em(), instance, channelId, definition);
}

async function changeChannel(ctx: Context, instance: InstanceRow, channel: ChannelRow, options: MapOptions) {
  const { event, name, direction, unit } = options;
  const eventPublicId = event === false ? null : await findPublicId(ctx, EVENTS, event);
  const change = defined({ channelName: name, direction, unit, eventPublicId });
  if (options.ifNotExists) {
    const title = titleOf(instance, channel);
    const present = `${title} already exists (${channel.publicId}).`;
    const differs = await differencesOf(ctx, CHANNELS, channel, change);
    return await printExisting(ctx, title, present, await rowOf(ctx, CHANNELS, channel), differs, options);
  }
  const isSame = Object.entries(change).every(([property, value]) => channel[property as keyof ChannelRow] === value);
  const updated = await updateChannel(await ctx.em(), channel, change);
  await report(ctx, instance, updated, isSame ? 'is already mapped' : 'changed', false);
}

async function report(
  ctx: Context,
  instance: InstanceRow,
  channel: ChannelRow,
  what: string,
  created: boolean,
): Promise<void> {
  const row = await rowOf(ctx, CHANNELS, channel);
  const feeds = row.event === null ? 'feeds no event' : `feeds event ${quoted(String(row.event))}`;
  const message = `${titleOf(instance, channel)} ${what}: ${channel.direction}, ${feeds}.`;
  await ctx.output.changed(ctx.output.success(message), { ...row, created });
}

function titleOf({ instanceName }: InstanceRow, { channelId }: ChannelRow): string {
  return `Channel ${quoted(channelId)} of ${quoted(instanceName)}`;
}
