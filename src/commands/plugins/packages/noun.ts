import { PluginPackage } from '../../../entities/index.ts';
import { type PackageRow, pluginIdsOf } from '../../../plugins/packages.ts';
import type { Noun } from '../../standard/noun.ts';

export const PACKAGES: Noun<PackageRow> = {
  entity: PluginPackage,
  singular: 'package',
  key: 'packageName',
  columns: ['package_name', 'version', 'source', 'plugin_ids', 'installed_on', 'public_id'],
  orderBy: { packageName: 'asc' },
  derived: {
    columns: [],
    rows: async (_em, packages) => packages.map((row) => ({ plugin_ids: pluginIdsOf(row) })),
  },
};
