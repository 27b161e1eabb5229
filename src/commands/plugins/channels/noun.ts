import { ChannelMapping } from '../../../entities/index.ts';
import { type ChannelRow, channelNames } from '../../../plugins/channels.ts';
import type { Noun } from '../../standard/noun.ts';

/** Identified by instance and channel id, or by public id. */
export const CHANNELS: Noun<ChannelRow> = {
  entity: ChannelMapping,
  singular: 'channel',
  columns: ['instance', 'channel_id', 'channel_name', 'direction', 'unit', 'event', 'public_id'],
  orderBy: { id: 'asc' },
  derived: {
    columns: ['instance', 'event'],
    rows: async (em, channels) => {
      const { instances, events } = await channelNames(em, channels);
      return channels.map(({ instance, event }) => ({
        instance: instances.get(instance.id) ?? null,
        event: events.get(event?.publicId ?? '') ?? null,
      }));
    },
  },
};
