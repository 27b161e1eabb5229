import { ChannelMapping, PluginInstance } from '../../entities/index.ts';
import { channelColumns, checkedChannelId } from '../../plugins/channels.ts';
import { checkedInstance } from '../../plugins/instances.ts';
import type { ChannelFields, FieldsOf } from '../format.ts';
import { defineKind } from '../model.ts';
import { configField, configText, eventKey, type Owned, ownerColumn, ownerField } from './fields.ts';

export const PLUGIN_INSTANCES = defineKind<PluginInstance, FieldsOf<'plugin_instances'> & Owned>({
  name: 'plugin_instances',
  singular: 'plugin instance',
  entity: PluginInstance,
  uniques: ['instanceName'],
  nameOf: ({ instanceName }) => instanceName,
  fieldsOf: (instance, names) => ({
    plugin_id: instance.pluginId,
    demo_mode: instance.demoMode,
    enabled: instance.enabled,
    config_json: configField(instance.configJson),
    ...ownerField(instance, names),
  }),
  columns: (
    _em,
    instanceName,
    { plugin_id: pluginId, demo_mode: demoMode, enabled, config_json: config, ...owner },
    keys,
    before,
  ) => ({
    ...checkedInstance(
      { instanceName, pluginId, demoMode, enabled, configJson: configText(config, before?.configJson) },
      before?.instanceName,
    ),
    ...ownerColumn(owner, keys),
  }),
});

export const CHANNELS = defineKind<ChannelMapping, ChannelFields>({
  name: 'channels',
  singular: 'channel',
  entity: ChannelMapping,
  parent: { kind: 'plugin_instances', property: 'instance', idOf: ({ instance }) => instance.id },
  uniques: [],
  nameOf: ({ channelId }) => channelId,
  fieldsOf: ({ channelName, direction, unit, event }, names) => ({
    channel_name: channelName,
    direction,
    unit,
    event: event ? (names.events.get(event.publicId) ?? null) : null,
  }),
  columns: (_em, channelId, { channel_name: channelName, direction, unit, event }, keys) => ({
    channelId: checkedChannelId(channelId),
    ...channelColumns({ channelName, direction, unit, eventPublicId: eventKey(event, keys) }),
  }),
});
