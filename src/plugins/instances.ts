import type { EntityManager } from '@mikro-orm/postgresql';
import type { DependentRows } from '../database/cascade.ts';
import { databaseFailure } from '../database/failure.ts';
import { query } from '../database/query.ts';
import { insert } from '../database/repository.ts';
import { identifier } from '../database/sql.ts';
import { ChannelMapping, Event, PluginInstance } from '../entities/index.ts';
import { InvalidInputError } from '../errors.ts';
import { rowName } from '../site/checks.ts';
import { allPackages, pluginIdsOf } from './packages.ts';

export type InstanceRow = PluginInstance;

/** What is configured of an instance; the rest is what the controller reports. */
export interface InstanceDefinition {
  instanceName: string;
  pluginId: string;
  demoMode: boolean;
  enabled: boolean;
  /** A JSON object, as text. */
  configJson: string | null;
}

/** The ids of the plugins in all packages. */
export async function knownPluginIds(em: EntityManager): Promise<string[]> {
  return [...new Set((await allPackages(em)).flatMap(pluginIdsOf))].sort();
}

/**
 * Makes an instance that belongs to a user.
 * @throws InvalidInputError, ConflictError
 */
export async function createInstance(
  em: EntityManager,
  definition: InstanceDefinition,
  userPublicId: string,
): Promise<InstanceRow> {
  return await insert(em, PluginInstance, { ...checked(definition), user: userPublicId });
}

/**
 * Changes what is given of an instance.
 * @throws InvalidInputError, ConflictError
 */
export async function updateInstance(
  em: EntityManager,
  instance: InstanceRow,
  change: Partial<InstanceDefinition>,
): Promise<InstanceRow> {
  const { instanceName, pluginId, demoMode, enabled, configJson } = { ...instance, ...change };
  const definition = { instanceName, pluginId, demoMode, enabled, configJson: configJson ?? null };
  em.assign(instance, checked(definition, instance.instanceName));
  await em.flush().catch((error: unknown) => {
    throw databaseFailure(error, 'the database');
  });
  return instance;
}

/** Keeps others from adding a channel to an instance until the transaction ends. */
export async function lockInstance(em: EntityManager, { id }: InstanceRow): Promise<void> {
  if (em.isInTransaction()) {
    await query(em, 'select id from plugin_instances where id = ? for update', [id]);
  }
}

/**
 * The events that go with an instance, as they do when the server deletes it: those that its channels feed.
 * @param keepShared not those that a channel of another instance feeds as well
 */
export function eventsOfInstance(em: EntityManager, { keepShared }: { keepShared: boolean }): DependentRows[] {
  const column = identifier(em.getMetadata().get(ChannelMapping).properties.instance.fieldNames[0] ?? '');
  const condition = keepShared
    ? `public_id in (select event_public_id from channel_mappings group by event_public_id having bool_and(${column} = ?))`
    : `public_id in (select event_public_id from channel_mappings where ${column} = ?)`;
  return [{ entity: Event, condition }];
}

/** @param before the name until now */
function checked(definition: InstanceDefinition, before?: string): InstanceDefinition {
  const { pluginId } = definition;
  if (!/^[a-zA-Z0-9._-]{1,100}$/.test(pluginId)) {
    throw new InvalidInputError(`"${pluginId}" is no id of a plugin.`, {
      hint: 'It has at most 100 letters, digits, ".", "_" and "-"; "webmacs plugins packages list" has the installed ones.',
    });
  }
  return { ...definition, instanceName: rowName('name', definition.instanceName, before) };
}
