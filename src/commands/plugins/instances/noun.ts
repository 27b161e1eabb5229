import { PluginInstance } from '../../../entities/index.ts';
import type { InstanceRow } from '../../../plugins/instances.ts';
import type { Noun } from '../../standard/noun.ts';

export const INSTANCES: Noun<InstanceRow> = {
  entity: PluginInstance,
  singular: 'instance',
  key: 'instanceName',
  columns: ['instance_name', 'plugin_id', 'enabled', 'status', 'demo_mode', 'public_id'],
  orderBy: { instanceName: 'asc' },
};
