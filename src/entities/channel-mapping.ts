import { defineEntity, p } from '@mikro-orm/core';
import { ids, now } from './columns.ts';
import { Event } from './event.ts';
import { PluginInstance } from './plugin-instance.ts';

/** The direction of a channel's values, from the laboratory's point of view. */
export const CHANNEL_DIRECTIONS = ['input', 'output', 'bidirectional'] as const;

export const ChannelMappingSchema = defineEntity({
  name: 'ChannelMapping',
  tableName: 'channel_mappings',
  properties: {
    ...ids(),
    instance: () => p.manyToOne(PluginInstance).joinColumn('instance_id').deleteRule('cascade').ref(),
    channelId: p.string().length(100),
    channelName: p.string().length(255),
    direction: p.enum(CHANNEL_DIRECTIONS),
    unit: p.string().length(50),
    event: () => p.manyToOne(Event).joinColumn('event_public_id').index().deleteRule('set null').nullable().ref(),
    createdOn: now(),
  },
  uniques: [{ properties: ['instance', 'channelId'] }],
});

/** A channel of a plugin instance, and the event that it feeds. */
export class ChannelMapping extends ChannelMappingSchema.class {}
ChannelMappingSchema.setClass(ChannelMapping);
