import { defineEntity, p } from '@mikro-orm/core';
import { ids, now } from './columns.ts';
import { User } from './user.ts';

/** Where a package came from; bundled ones cannot be removed. */
export const PACKAGE_SOURCES = ['bundled', 'uploaded'] as const;

export const PluginPackageSchema = defineEntity({
  name: 'PluginPackage',
  tableName: 'plugin_packages',
  properties: {
    ...ids(),
    packageName: p.string().length(255).unique(),
    version: p.string().length(50),
    source: p.enum(PACKAGE_SOURCES),
    filePath: p.string().length(500).nullable(),
    fileHashSha256: p.string().length(64).nullable(),
    fileSizeBytes: p.integer().nullable(),
    pluginIds: p.text(),
    installedOn: now(),
    user: () => p.manyToOne(User).joinColumn('user_public_id').index().deleteRule('set null').nullable().ref(),
    createdOn: now(),
  },
});

/** An installed `.whl` file; `pluginIds` is a JSON array of the plugins in it, as text. */
export class PluginPackage extends PluginPackageSchema.class {}
PluginPackageSchema.setClass(PluginPackage);
