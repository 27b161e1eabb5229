import { ChannelMapping } from '../../../entities/index.ts';
import type { ChannelRow } from '../../../plugins/channels.ts';
import type { Noun } from '../../standard/noun.ts';

/** Known by its instance and its channel id together, or by its public id. */
export const CHANNELS: Noun<ChannelRow> = {
  entity: ChannelMapping,
  singular: 'channel',
  columns: ['instance_name', 'channel_id', 'channel_name', 'direction', 'unit', 'event_name', 'public_id'],
  orderBy: { id: 'asc' },
};
