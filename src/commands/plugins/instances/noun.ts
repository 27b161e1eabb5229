import type { Context } from '../../../cli/context.ts';
import { MAX_CONFIG_BYTES } from '../../../domain/checks.ts';
import { PluginInstance } from '../../../entities/index.ts';
import { readJsonObject } from '../../../files/input.ts';
import type { InstanceRow } from '../../../plugins/instances.ts';
import type { Noun } from '../../standard/noun.ts';

export const INSTANCES: Noun<InstanceRow> = {
  entity: PluginInstance,
  singular: 'instance',
  key: 'instanceName',
  columns: ['instance_name', 'plugin_id', 'enabled', 'status', 'demo_mode', 'public_id'],
  orderBy: { instanceName: 'asc' },
};

/** Reads a configuration from a file or standard input (`-`). */
export async function readConfig(ctx: Context, file: string): Promise<string> {
  const options = { maxBytes: MAX_CONFIG_BYTES, stdin: ctx.streams.stdin };
  return await readJsonObject(file, options, '{"port": "/dev/ttyUSB0"}');
}
