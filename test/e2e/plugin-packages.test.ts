import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fakePython } from '../plugins/fake-python.ts';
import { aBundled, aPluginSite, fileOf, newName } from '../plugins/plugin-site.ts';

const { site, folder, directory, close } = await aPluginSite();
afterAll(close);

describe('plugins install', () => {
  test('checks, files, installs and records a wheel, which is listed, shown, changed and removed', async () => {
    const { run, wheel, files, python, plugins } = directory();
    const name = newName();
    const path = wheel({ name, plugins: ['one', 'two'] });
    const made = await run('install', path, '--json');
    expect(made.code).toBe(0);
    const bytes = readFileSync(path);
    expect(JSON.parse(made.stdout)).toMatchObject({
      package_name: name,
      version: '1.0',
      source: 'uploaded',
      plugin_ids: ['one', 'two'],
      file_path: join(plugins, fileOf(name)),
      file_size_bytes: bytes.length,
      file_hash_sha256: createHash('sha256').update(bytes).digest('hex'),
      user_public_id: expect.any(String),
      restart_required: true,
    });
    expect([files(), python.packages()]).toEqual([[fileOf(name)], [`${name} 1.0`]]);
    expect(readFileSync(join(plugins, fileOf(name)))).toEqual(bytes);
    expect((await site.run('plugins packages list')).stdout).toContain(`${name}\t1.0\tuploaded\t["one","two"]`);
    const upgraded = await run('install', wheel({ name, version: '1.1' }), '--upgrade');
    expect(upgraded).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/upgraded from 1\.0 to 1\.1\..*Restart the controller/s),
    });
    expect(upgraded.stdout).toBe(`${JSON.parse(made.stdout).public_id}\n`);
    expect([files(), python.packages()]).toEqual([[fileOf(name, '1.1')], [`${name} 1.1`]]);
    const shown = await site.run(['plugins', 'packages', 'show', name, '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ version: '1.1', plugin_ids: ['demo'] });
    expect((await run('uninstall', name.toUpperCase().replace('-', '_'), '--yes')).code).toBe(0);
    expect([files(), python.packages()]).toEqual([[], []]);
    expect((await site.run(['plugins', 'packages', 'show', name])).code).toBe(3);
  });

  test('calls pip without dependencies, and forces a reinstall', async () => {
    const { run, wheel, python } = directory();
    await run('install', wheel({ name: newName() }));
    expect(python.calls()[0]).toMatch(/^-m pip install .*--no-deps --force-reinstall -- \/.*\.whl$/);
  });

  test('prefers uv, as the server does', async () => {
    const { wheel, options, python } = directory();
    const uv = fakePython(join(folder.path, 'uv'), 'uv');
    const path = wheel({ name: newName() });
    const env = { ...options.env, PATH: `${join(folder.path, 'uv')}:${process.env.PATH}` };
    expect((await site.run(['plugins', 'install', path], { env })).code).toBe(0);
    const again = [
      'plugins',
      'install',
      path,
      '--upgrade',
      '--plugin-dir',
      directory().plugins,
      '--python',
      python.path,
    ];
    expect((await site.run(again, { env })).code).toBe(0);
    expect(uv.calls()[1]).toContain(`pip install --python ${python.path} --no-deps --reinstall -- /`);
    expect(uv.calls()[0]).toMatch(/^pip install --system --no-deps --reinstall -- \/.*\.whl$/);
  });

  test('with --no-pip files and records only', async () => {
    const { run, wheel, files, python } = directory();
    const name = newName();
    expect((await run('install', wheel({ name }), '--no-pip')).code).toBe(0);
    expect([files(), python.calls()]).toEqual([[fileOf(name)], []]);
  });

  test('--dry-run checks everything and writes nothing', async () => {
    const { run, wheel, files, python } = directory();
    const name = newName();
    const { code, stdout } = await run('install', wheel({ name }), '--dry-run', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ action: 'installed', plugin_ids: ['demo'] }),
    ]);
    expect([files(), python.calls()]).toEqual([[], []]);
    expect((await site.run(['plugins', 'packages', 'show', name])).code).toBe(3);
    expect((await run('install', wheel({ name, wheel: '' }), '--dry-run')).code).toBe(2);
  });

  test('an installed name is a conflict, in any spelling; --if-not-exists keeps it', async () => {
    const { run, wheel, files } = directory();
    const name = newName();
    const { stdout } = await run('install', wheel({ name }));
    for (const spelling of [name, name.replace('-', '.').toUpperCase()]) {
      const { code, stderr } = await run('install', wheel({ name: spelling, version: '2.0' }));
      expect([code, stderr]).toEqual([4, expect.stringContaining('--upgrade')]);
    }
    expect((await run('install', wheel({ name }))).code).toBe(4);
    expect(await run('install', wheel({ name, version: '2.0' }), '--if-not-exists')).toMatchObject({
      code: 0,
      stdout,
      stderr: expect.stringContaining('To change it, pass --upgrade.'),
    });
    expect(files()).toEqual([fileOf(name)]);
  });

  test('an older version needs --allow-downgrade, and the same one is replaced', async () => {
    const { run, wheel, files, python } = directory();
    const name = newName();
    await run('install', wheel({ name, version: '1.10' }));
    const refused = await run('install', wheel({ name, version: '1.9' }), '--upgrade');
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('--allow-downgrade')]);
    const other = wheel({ name, version: '1.10', plugins: ['other'] });
    const { stdout } = await run('install', other, '--upgrade', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ action: 'replaced', plugin_ids: ['other'] });
    const down = await run('install', wheel({ name, version: '1.9' }), '--upgrade', '--allow-downgrade', '--json');
    expect(JSON.parse(down.stdout)).toMatchObject({ action: 'downgraded', version: '1.9' });
    expect([files(), python.packages()]).toEqual([[fileOf(name, '1.9')], [`${name} 1.9`]]);
  });

  test('running the same upgrade twice changes nothing the second time', async () => {
    const { run, wheel, python } = directory();
    const path = wheel({ name: newName() });
    await run('install', path, '--upgrade');
    const { code, stdout } = await run('install', path, '--upgrade', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ action: 'kept', restart_required: false }),
    ]);
    expect(python.calls().length).toBe(1);
  });

  test('a bundled package can neither be replaced nor removed', async () => {
    const { run, wheel } = directory();
    const name = newName();
    await aBundled(site, name);
    for (const words of [
      ['install', wheel({ name, version: '2.0' }), '--upgrade'],
      ['uninstall', name, '--yes'],
    ]) {
      const { code, stderr } = await run(...words);
      expect([code, stderr]).toEqual([4, expect.stringContaining('bundled')]);
    }
  });

  test.each([['--dry-run'], ['--no-pip']])('with %s a name that looks like a UUID is refused', async (option) => {
    const { run, wheel, files } = directory();
    // Its module needs a letter first.
    const name = `a${randomUUID().slice(1)}`;
    const { code, stderr } = await run('install', wheel({ name }), option);
    expect([code, stderr]).toEqual([2, expect.stringContaining('looks like a UUID')]);
    expect(files()).toEqual([]);
  });

  test('a wheel that breaks a rule exits 2, naming file, entry and rule', async () => {
    const { run, wheel, files } = directory();
    const path = wheel({ name: newName(), entries: (all) => [{ name: '../evil.py' }, ...all] });
    const { code, stderr } = await run('install', path, '--json');
    expect([code, JSON.parse(stderr).error]).toEqual([
      2,
      expect.objectContaining({ kind: 'invalid_input', message: expect.stringContaining('entry "../evil.py"') }),
    ]);
    expect(JSON.parse(stderr).error.hint).toContain('The rule: a path is relative');
    expect(files()).toEqual([]);
  });

  test.each([
    ['a missing file', ['install', '/nonexistent/a-1-py3-none-any.whl'], 3],
    ['a directory', ['install', '/tmp'], 2],
    ['a device', ['install', '/dev/zero'], 2],
    ['--python with --no-pip', ['install', 'x.whl', '--no-pip', '--python', 'p'], 2],
    ['an unknown package', ['uninstall', 'nobody', '--yes', '--no-pip'], 3],
  ])('%s is refused', async (_what, words, exitCode) => {
    expect((await site.run(['plugins', ...words])).code).toBe(exitCode);
  });

  test('a missing plugin directory is not created, and a file is refused', async () => {
    const { wheel } = directory();
    const path = wheel({ name: newName() });
    const into = async (directory: string) =>
      await site.run(['plugins', 'install', path, '--no-pip', '--plugin-dir', directory]);
    expect((await into(join(folder.path, 'none'))).code).toBe(3);
    expect(await into(path)).toMatchObject({ code: 2, stderr: expect.stringContaining('is not a directory') });
  });

  test('a symbolic link to a wheel is followed, and the wheel is filed under the name of the link', async () => {
    const { run, wheel, files, plugins } = directory();
    const name = newName();
    const real = wheel({ name });
    const link = join(plugins, '..', fileOf(name));
    renameSync(real, `${real}.moved`);
    symlinkSync(`${real}.moved`, link);
    expect((await run('install', link, '--no-pip')).code).toBe(0);
    expect(files()).toEqual([fileOf(name)]);
  });
});

describe('plugins uninstall', () => {
  test.each(['-rFILE', '--help', 'demo @ file:///tmp/demo', 'demo-'])('never passes pip the name %s', async (name) => {
    const { run, python } = directory();
    await site.pool.query(
      `insert into plugin_packages (public_id, package_name, version, source, plugin_ids, installed_on)
       values (gen_random_uuid(), $1, '1.0', 'uploaded', '[]', now())`,
      [name],
    );
    const { rows } = await site.pool.query('select public_id from plugin_packages where package_name = $1', [name]);
    const { code, stderr } = await run('uninstall', rows[0].public_id, '--yes');
    expect([code, stderr]).toEqual([2, expect.stringContaining(`"${name}" is not a valid package name`)]);
    expect(python.calls()).toEqual([]);
    expect((await run('uninstall', rows[0].public_id, '--yes', '--no-pip')).code).toBe(0);
  });

  test('lists the instances that lose their code, and asks', async () => {
    const { run, wheel, files } = directory();
    const name = newName();
    await run('install', wheel({ name, plugins: [`${name}-plugin`] }));
    await site.run(['plugins', 'instances', 'create', name, '--plugin', `${name}-plugin`]);
    const asked = await run('uninstall', name);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('1 instance of it can no longer run')]);
    const planned = await run('uninstall', name, '--dry-run', '--json');
    expect(JSON.parse(planned.stdout)).toMatchObject({ instances: [name] });
    expect(files()).toEqual([fileOf(name)]);
  });
});
