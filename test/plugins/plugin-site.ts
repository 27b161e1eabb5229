import { temporaryDirectory } from '../support/program.ts';
import { aSite, aUser, type Site } from '../support/site.ts';
import { aPluginDirectory, type PluginDirectory } from './plugin-directory.ts';

/** A site with an admin, and a folder for its plugins. */
export interface PluginSite {
  site: Site;
  folder: { path: string };
  /** Returns a new plugin directory. */
  directory(): PluginDirectory;
  close(): Promise<void>;
}

export async function aPluginSite(): Promise<PluginSite> {
  const site = await aSite();
  const folder = temporaryDirectory();
  await aUser(site, { username: 'root', admin: true });
  return {
    site,
    folder,
    directory: () => aPluginDirectory(site, folder.path),
    async close() {
      await site[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

let names = 0;

/** Package names are unique on a site: each test has its own. */
export function newName(): string {
  return `demo-${names++}`;
}

/** Returns the name of the wheel of a package. */
export function fileOf(name: string, version = '1.0'): string {
  return `${name.replaceAll('-', '_')}-${version}-py3-none-any.whl`;
}

/** Inserts the record of a package that came with the server. */
export async function aBundled({ pool }: Pick<Site, 'pool'>, name: string): Promise<void> {
  await pool.query(
    `insert into plugin_packages (public_id, package_name, version, source, plugin_ids, installed_on)
     values (gen_random_uuid(), $1, '1.0', 'bundled', '["b"]', now())`,
    [name],
  );
}
