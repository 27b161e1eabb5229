import { randomUUID } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/core';
import { eventReference } from './event.ts';
import { PluginInstance } from './plugin-instance.ts';
import { TimestampType } from './types.ts';

/** Which way the values of a channel go, seen from the laboratory. */
export const CHANNEL_DIRECTIONS = ['input', 'output', 'bidirectional'] as const;

/** A channel of a plugin instance, and the event that it feeds. */
export const ChannelMapping = defineEntity({
  name: 'ChannelMapping',
  tableName: 'channel_mappings',
  properties: {
    id: p.integer().primary(),
    publicId: p
      .string()
      .length(100)
      .unique()
      .onCreate(() => randomUUID()),
    instanceId: p.manyToOne(PluginInstance).mapToPk().joinColumn('instance_id').deleteRule('cascade'),
    channelId: p.string().length(100),
    channelName: p.string().length(255),
    direction: p.enum(CHANNEL_DIRECTIONS),
    unit: p.string().length(50),
    eventPublicId: eventReference().index().deleteRule('set null').nullable(),
    createdOn: p.type(TimestampType).defaultRaw('now()'),
  },
  uniques: [{ properties: ['instanceId', 'channelId'] }],
});
