/**
 * Changes a package and kills itself, as `kill -9` does, before or after one of the steps.
 * Arguments: database URL, plugin directory, Python, step as `publish:before`, and a wheel, or the name of a package to
 * uninstall.
 */
import { flushCompileCache } from 'node:module';
import { Database } from '../../src/database/database.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { PluginInstance, PluginPackage, User } from '../../src/entities/index.ts';
import { installPackage } from '../../src/plugins/install.ts';
import { PackageTransaction } from '../../src/plugins/package-transaction.ts';
import { uninstall } from '../../src/plugins/uninstall.ts';
import { readWheel } from '../../src/plugins/wheel/read.ts';

const [url = '', directory = '', python = '', step = '', what = ''] = process.argv.slice(2);
const [method, when] = step.split(':') as [keyof PackageTransaction & string, string];
const original = PackageTransaction.prototype[method] as unknown as (...args: unknown[]) => Promise<unknown>;

Object.defineProperty(PackageTransaction.prototype, method, {
  async value(this: PackageTransaction, ...args: unknown[]) {
    if (when === 'before') {
      await die();
    }
    const result = await original.apply(this, args);
    if (when === 'after') {
      await die();
    }
    return result;
  },
});

const entities = [PluginInstance, PluginPackage];
const { em } = await Database.open(targetFromUrl(url, {}, 'the test'), { entities });
const place = {
  directory,
  installer: { tool: 'pip', python } as const,
  environment: process.env,
  lockTimeoutSeconds: 10,
};
if (what.endsWith('.whl')) {
  const [user] = await em.find(User, {}, { limit: 1 });
  await installPackage(em, await readWheel(what), user?.publicId ?? '', place, { upgrade: true }, new Date());
} else {
  await uninstall(em, what, place);
}
process.exit(0);

async function die(): Promise<void> {
  // For the next one, since a killed process keeps nothing.
  flushCompileCache();
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => setInterval(() => {}, 1000));
}
