import { defineEntity, p } from '@mikro-orm/core';
import { ChannelMapping } from './channel-mapping.ts';
import { choice, flag, ids, now } from './columns.ts';
import { isoTimestamp } from './types.ts';
import { User } from './user.ts';

/** What a plugin instance last reported. */
export const PLUGIN_STATUSES = ['inactive', 'connected', 'error', 'demo'] as const;

export const PluginInstanceSchema = defineEntity({
  name: 'PluginInstance',
  tableName: 'plugin_instances',
  properties: {
    ...ids(),
    pluginId: p.string().length(100).index(),
    instanceName: p.string().length(255).unique(),
    demoMode: flag(false),
    enabled: flag(true),
    status: choice(PLUGIN_STATUSES, 'inactive'),
    configJson: p.text().nullable(),
    errorMessage: p.text().nullable(),
    updatedOn: now().onUpdate(() => isoTimestamp(new Date().toISOString())),
    user: () => p.manyToOne(User).joinColumn('user_public_id').index().deleteRule('cascade').ref(),
    createdOn: now(),
    channelMappings: () => p.oneToMany(ChannelMapping).mappedBy('instance'),
  },
});

/** A configured plugin that feeds or drives channels. */
export class PluginInstance extends PluginInstanceSchema.class {}
PluginInstanceSchema.setClass(PluginInstance);
