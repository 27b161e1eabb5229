import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../database/query.ts';
import { insert, saveChanges } from '../database/repository.ts';
import { identifier } from '../database/sql.ts';
import { oneOf, shortText } from '../domain/checks.ts';
import { CHANNEL_DIRECTIONS, ChannelMapping, Event, PluginInstance } from '../entities/index.ts';
import { InvalidInputError, NotFoundError } from '../errors.ts';
import { suggestNearest } from '../text/near.ts';
import { shellWord } from '../text/shell-word.ts';

export type ChannelRow = ChannelMapping;

/** The configuration of a channel; without an event it feeds none. */
export interface ChannelDefinition {
  channelName: string;
  /** One of CHANNEL_DIRECTIONS. */
  direction: string;
  unit: string;
  eventPublicId: string | null;
}

const MAX_ID_CHARACTERS = 100;
const MAX_UNIT_CHARACTERS = 50;

export async function findChannel(
  em: EntityManager,
  instance: PluginInstance,
  channelId: string,
): Promise<ChannelRow | undefined> {
  return (await em.findOne(ChannelMapping, { instance: instance.id, channelId })) ?? undefined;
}

/**
 * Finds a channel of an instance by its id.
 * @throws NotFoundError
 */
export async function requireChannel(
  em: EntityManager,
  instance: PluginInstance,
  channelId: string,
): Promise<ChannelRow> {
  const channel = await findChannel(em, instance, channelId);
  if (!channel) {
    const others = await em.find(ChannelMapping, { instance: instance.id });
    const ids = others.map((other) => other.channelId);
    throw new NotFoundError(`Instance "${instance.instanceName}" has no channel "${channelId}".`, {
      hint: `${suggestNearest(channelId, ids)}List its channels with: webmacs plugins channels list ${shellWord(instance.instanceName)}`,
    });
  }
  return channel;
}

/**
 * Creates a channel of an instance.
 * @throws InvalidInputError; ConflictError if the instance already has one with this id
 */
export async function createChannel(
  em: EntityManager,
  instance: PluginInstance,
  channelId: string,
  definition: ChannelDefinition,
): Promise<ChannelRow> {
  const columns = { ...channelColumns(definition), channelId: checkedChannelId(channelId) };
  return await insert(em, ChannelMapping, { ...columns, instance: instance.id });
}

/**
 * Updates the given properties of a channel.
 * @throws InvalidInputError
 */
export async function updateChannel(
  em: EntityManager,
  channel: ChannelRow,
  change: Partial<ChannelDefinition>,
): Promise<ChannelRow> {
  const { channelName, direction, unit } = { ...channel, ...change };
  const { eventPublicId = channel.event?.publicId ?? null } = change;
  return await saveChanges(em, channel, channelColumns({ channelName, direction, unit, eventPublicId }));
}

/** Loads the names of the instances and events that channels refer to. */
export async function channelNames(
  em: EntityManager,
  channels: ChannelRow[],
): Promise<{ instances: Map<number, string>; events: Map<string, string> }> {
  const instances = await em.find(PluginInstance, { id: { $in: channels.map(({ instance }) => instance.id) } });
  const eventIds = channels.flatMap(({ event }) => event?.publicId ?? []);
  const events = await em.find(Event, { publicId: { $in: eventIds } });
  return {
    instances: new Map(instances.map(({ id, instanceName }) => [id, instanceName])),
    events: new Map(events.map(({ publicId, name }) => [publicId, name])),
  };
}

/**
 * Returns what feeds events, by public id: the channels of enabled instances, such as `Rig 1: AI0`. The server refuses the
 * data of all other events.
 */
export async function feedersOf(em: EntityManager, eventPublicIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await query<{ event: string; fed_by: string }>(
    em,
    `select m.event_public_id as event, string_agg(i.instance_name || ': ' || m.channel_id, ', ' order by m.id) as fed_by
       from channel_mappings m
       -- Its name depends on the layout: opening the entity, which knows it, would take longer than the query.
       join plugin_instances i on i.id = coalesce(to_jsonb(m) ->> 'instance_id', to_jsonb(m) ->> 'plugin_instance_id')::int
      where i.enabled and m.event_public_id = any (string_to_array(?, ',')) group by m.event_public_id`,
    [eventPublicIds.join(',')],
  );
  return new Map(rows.map(({ event, fed_by }) => [event, fed_by]));
}

/** Returns the column with the instance of a channel, as SQL. */
export function instanceColumn(em: EntityManager): string {
  return identifier(em.getMetadata().get(ChannelMapping).properties.instance.fieldNames[0] ?? '');
}

/** @throws InvalidInputError */
export function channelColumns({ channelName, direction, unit, eventPublicId }: ChannelDefinition) {
  return {
    channelName: shortText('channel name', channelName),
    direction: oneOf('direction', direction, CHANNEL_DIRECTIONS),
    unit: limited('unit', unit, MAX_UNIT_CHARACTERS),
    event: eventPublicId,
  };
}

/** @throws InvalidInputError */
export function checkedChannelId(channelId: string): string {
  return limited('channel id', channelId, MAX_ID_CHARACTERS);
}

function limited(what: string, text: string, characters: number): string {
  if ([...text].length > characters) {
    throw new InvalidInputError(`The ${what} is too long: the maximum is ${characters} characters.`);
  }
  return shortText(what, text);
}
