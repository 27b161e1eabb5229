import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { aBundled, aPluginSite, fileOf, newName } from '../plugins/plugin-site.ts';

const { site, folder, directory, close } = await aPluginSite();
afterAll(close);

describe('plugins verify', () => {
  test('finds what is missing, changed, orphaned, left over and different in Python, and an install repairs it', async () => {
    const { run, wheel, python, plugins, problems } = directory();
    const name = newName();
    const path = wheel({ name });
    await run('install', path);
    const file = join(plugins, fileOf(name));
    expect(await problems(name)).toEqual({ code: 0, problems: [] });
    writeFileSync(file, Buffer.alloc(readFileSync(file).length));
    expect(await problems(name)).toEqual({ code: 6, problems: ['changed'] });
    writeFileSync(file, '');
    expect(await problems(name)).toEqual({ code: 6, problems: ['changed'] });
    rmSync(file);
    expect(await problems(name)).toEqual({ code: 6, problems: ['missing'] });
    const repaired = await run('install', path, '--json');
    expect([repaired.code, JSON.parse(repaired.stdout).action]).toEqual([0, 'repaired']);
    expect(await problems(name)).toEqual({ code: 0, problems: [] });
    writeFileSync(join(folder.path, 'nothing'), '');
    await site.run(['plugins', 'install', wheel({ name, version: '2.0' }), '--upgrade', '--no-pip'], {
      env: { WEBMACS_PLUGIN_DIR: plugins },
    });
    expect(await problems(name)).toEqual({ code: 6, problems: ['other version'] });
    expect(python.packages()).toEqual([`${name} 1.0`]);
    expect((await run('install', wheel({ name, version: '2.0' }))).code).toBe(0);
    writeFileSync(join(plugins, fileOf(name, '0.1')), 'x');
    writeFileSync(join(plugins, `.${fileOf(name)}.part-0123456789ab`), 'x');
    mkdirSync(join(plugins, 'notes'));
    expect(await problems(name)).toEqual({ code: 6, problems: ['leftover', 'orphaned'] });
  });

  test('compares the recorded plugins with the wheel: the server records a guess, by which nothing is counted', async () => {
    const { run, wheel, problems } = directory();
    const name = newName();
    const path = wheel({ name, plugins: [`${name}-real`] });
    await run('install', path);
    await site.pool.query(`update plugin_packages set plugin_ids = '["guess", "demo"]' where package_name = $1`, [
      name,
    ]);
    for (const id of ['guess', `${name}-real`]) {
      await site.run(['plugins', 'instances', 'create', `${id} of ${name}`, '--plugin', id]);
    }
    const { code, stdout } = await run('verify', name);
    expect([code, stdout]).toEqual([6, expect.stringContaining(`\tthe wheel has ${name}-real, its row guess, demo\n`)]);
    const planned = await run('uninstall', name, '--dry-run', '--json');
    expect(JSON.parse(planned.stdout)).toMatchObject({
      plugin_ids: [`${name}-real`],
      instances: [`${name}-real of ${name}`],
    });
    expect(JSON.parse((await run('install', path, '--json')).stdout)).toMatchObject({
      action: 'repaired',
      plugin_ids: [`${name}-real`],
    });
    expect(await problems(name)).toEqual({ code: 0, problems: [] });
  });

  test('reports a file that is not a valid wheel, and uninstall then counts by the recorded plugins', async () => {
    const { run, wheel, plugins, problems } = directory();
    const name = newName();
    await run('install', wheel({ name, plugins: [`${name}-plugin`] }));
    await site.run(['plugins', 'instances', 'create', name, '--plugin', `${name}-plugin`]);
    writeFileSync(join(plugins, fileOf(name)), 'text');
    const sha256 = createHash('sha256').update('text').digest('hex');
    await site.pool.query(
      'update plugin_packages set file_hash_sha256 = $2, file_size_bytes = 4 where package_name = $1',
      [name, sha256],
    );
    expect(await problems(name)).toEqual({ code: 6, problems: ['not a valid wheel'] });
    const planned = await run('uninstall', name, '--dry-run', '--json');
    expect(JSON.parse(planned.stdout)).toMatchObject({ instances: [name] });
  });

  test('prints a line per difference, and their number', async () => {
    const { run, wheel, plugins } = directory();
    const name = newName();
    await run('install', wheel({ name }));
    rmSync(join(plugins, fileOf(name)));
    const { code, stdout, stderr } = await run('verify', name);
    expect([code, stdout]).toEqual([6, `${name}\tmissing\t${join(plugins, fileOf(name))}\tthe file does not exist\n`]);
    expect(stderr).toContain('1 difference in 1 package.');
  });

  test('a bundled package needs no file, an uploaded one does', async () => {
    const { run, problems } = directory();
    const name = newName();
    await aBundled(site, name);
    expect((await problems(name)).problems).toEqual(['not in Python']);
    expect((await run('verify', name, '--no-pip')).code).toBe(2);
    await site.pool.query(`update plugin_packages set source = 'uploaded' where package_name = $1`, [name]);
    expect((await problems(name)).problems).toEqual(['unfiled', 'not in Python']);
  });

  test('an unknown package and a missing directory exit 3', async () => {
    expect((await site.run('plugins verify nobody')).code).toBe(3);
    expect((await site.run(`plugins verify --plugin-dir ${join(folder.path, 'none')}`)).code).toBe(3);
  });
});

describe('plugins inspect', () => {
  test('prints the contents of a wheel, and needs no database', async () => {
    const { wheel } = directory();
    const words = ['plugins', 'inspect', wheel({ name: 'shown', plugins: ['a', 'b'] }), '--json'];
    const { code, stdout } = await site.run(words, { env: { DATABASE_URL: 'postgresql://127.0.0.1:1/none' } });
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({
        package_name: 'shown',
        version: '1.0',
        plugin_ids: ['a', 'b'],
        tags: ['py3-none-any'],
      }),
    ]);
  });

  test('with --python exits 6 for a Python that the wheel does not support, and names both', async () => {
    const { wheel } = directory();
    const python = join(folder.path, 'python3.8');
    writeFileSync(python, `#!/bin/sh\necho '"3.8.1"'\n`, { mode: 0o755 });
    const inspect = async (range: string) => {
      const metadata = `Metadata-Version: 2.1\nName: ranged\nVersion: 1.0\nRequires-Python: ${range}\n`;
      return await site.run(['plugins', 'inspect', wheel({ name: 'ranged', metadata }), '--python', python, '--json']);
    };
    expect((await inspect('>=3.8')).code).toBe(0);
    const { code, stderr } = await inspect('>=3.11');
    expect([code, JSON.parse(stderr).error.message]).toEqual([
      6,
      `${fileOf('ranged')} requires Python >=3.11; ${python} is Python 3.8.1.`,
    ]);
  });
});
