import { randomUUID } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/core';
import { TimestampType } from './types.ts';
import { userReference } from './user.ts';

/** What a plugin instance last reported. */
export const PLUGIN_STATUSES = ['inactive', 'connected', 'error', 'demo'] as const;

/** A configured plugin that feeds or drives channels. */
export const PluginInstance = defineEntity({
  name: 'PluginInstance',
  tableName: 'plugin_instances',
  properties: {
    id: p.integer().primary(),
    publicId: p
      .string()
      .length(100)
      .unique()
      .onCreate(() => randomUUID()),
    pluginId: p.string().length(100).index(),
    instanceName: p.string().length(255).unique(),
    demoMode: p
      .boolean()
      .default(false)
      .onCreate(() => false),
    enabled: p
      .boolean()
      .default(true)
      .onCreate(() => true),
    status: p
      .enum(PLUGIN_STATUSES)
      .default('inactive')
      .onCreate(() => 'inactive'),
    configJson: p.text().nullable(),
    errorMessage: p.text().nullable(),
    updatedOn: p
      .type(TimestampType)
      .defaultRaw('now()')
      .onUpdate(() => new Date().toISOString()),
    userPublicId: userReference().index().deleteRule('cascade'),
    createdOn: p.type(TimestampType).defaultRaw('now()'),
  },
});
