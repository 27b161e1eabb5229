import type { EntityManager } from '@mikro-orm/postgresql';
import type { DependentRows } from '../database/cascade.ts';
import { query } from '../database/query.ts';
import { insert, saveChanges } from '../database/repository.ts';
import { rowName } from '../domain/checks.ts';
import { type OwnerChange, ownerOf } from '../domain/ownership.ts';
import { ChannelMapping, Event, PluginInstance } from '../entities/index.ts';
import { InvalidInputError } from '../errors.ts';
import { instanceColumn } from './channels.ts';
import type { DescribedChannel } from './described-channels.ts';
import { allPackages, pluginIdsOf } from './packages.ts';

export type InstanceRow = PluginInstance;

/** The configuration of an instance; its other columns are reported by the controller. */
export interface InstanceDefinition {
  instanceName: string;
  pluginId: string;
  demoMode: boolean;
  enabled: boolean;
  /** A JSON object, as text. */
  configJson: string | null;
}

/** Returns the ids of the plugins in all packages. */
export async function knownPluginIds(em: EntityManager): Promise<string[]> {
  return [...new Set((await allPackages(em)).flatMap(pluginIdsOf))].sort();
}

/**
 * Creates an instance for its owner.
 * @throws InvalidInputError, ConflictError
 */
async function createInstance(
  em: EntityManager,
  definition: InstanceDefinition,
  userPublicId: string,
): Promise<InstanceRow> {
  return await insert(em, PluginInstance, { ...checkedInstance(definition), user: userPublicId });
}

/** What was created along with an instance. */
export interface Created {
  instance: InstanceRow;
  channels: number;
  /** New events; the other channels feed events that already had the name. */
  events: number;
}

/**
 * Creates an instance with the channels that its plugin describes and an event for each, as the server does, in one
 * transaction. An event that already has the name is used.
 * @throws InvalidInputError, ConflictError
 */
export async function createInstanceWithChannels(
  em: EntityManager,
  definition: InstanceDefinition,
  channels: readonly DescribedChannel[],
  userPublicId: string,
): Promise<Created> {
  return await em.fork().transactional(async (inner) => {
    const instance = await createInstance(inner, definition, userPublicId);
    let events = 0;
    for (const { id: channelId, name: channelName, direction, unit, min, max } of channels) {
      const name = rowName('name of an event', `${instance.instanceName} – ${channelName}`);
      const eventType = EVENT_TYPE[direction];
      const present = await inner.findOne(Event, { name });
      const event =
        present ??
        (await insert(inner, Event, { name, unit, minValue: min, maxValue: max, eventType, user: userPublicId }));
      events += present ? 0 : 1;
      const values = { channelId, channelName, direction, unit, instance: instance.id, event: event.publicId };
      await insert(inner, ChannelMapping, values);
    }
    return { instance, channels: channels.length, events };
  });
}

/** The type of the event that a channel feeds. */
const EVENT_TYPE = { input: 'sensor', output: 'actuator', bidirectional: 'range' } as const;

/**
 * Updates the given properties of an instance.
 * @throws InvalidInputError, ConflictError
 */
export async function updateInstance(
  em: EntityManager,
  instance: InstanceRow,
  change: Partial<InstanceDefinition> & OwnerChange,
): Promise<InstanceRow> {
  const { instanceName, pluginId, demoMode, enabled, configJson } = { ...instance, ...change };
  const definition = { instanceName, pluginId, demoMode, enabled, configJson: configJson ?? null };
  return await saveChanges(em, instance, { ...checkedInstance(definition, instance.instanceName), ...ownerOf(change) });
}

/** Prevents other sessions from adding channels to an instance until the end of the transaction. */
export async function lockInstance(em: EntityManager, { id }: InstanceRow): Promise<void> {
  if (em.isInTransaction()) {
    await query(em, 'select id from plugin_instances where id = ? for update', [id]);
  }
}

/**
 * Returns the events that are deleted with an instance, as the server does it: those that its channels feed.
 * @param keepShared without those that channels of other instances feed as well
 */
export function eventsOfInstance(em: EntityManager, { keepShared }: { keepShared: boolean }): DependentRows[] {
  const column = instanceColumn(em);
  const condition = keepShared
    ? `public_id in (select event_public_id from channel_mappings group by event_public_id having bool_and(${column} = ?))`
    : `public_id in (select event_public_id from channel_mappings where ${column} = ?)`;
  return [{ entity: Event, condition }];
}

/**
 * Returns the definition if it is valid.
 * @param before the current name, which may stay
 * @throws InvalidInputError
 */
export function checkedInstance(definition: InstanceDefinition, before?: string): InstanceDefinition {
  const { pluginId } = definition;
  if (!/^[a-zA-Z0-9._-]{1,100}$/.test(pluginId)) {
    throw new InvalidInputError(`"${pluginId}" is not a valid plugin id.`, {
      hint: 'Use up to 100 letters, digits, ".", "_" and "-". Installed plugins: webmacs plugins packages list',
    });
  }
  return { ...definition, instanceName: rowName('name', definition.instanceName, before) };
}
