import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fakePython } from '../plugins/fake-python.ts';
import { aPluginDirectory } from '../plugins/plugin-directory.ts';
import { temporaryDirectory } from '../support/program.ts';
import { aSite, aUser } from '../support/site.ts';

const site = await aSite();
const folder = temporaryDirectory();
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
beforeAll(async () => void (await aUser(site, { username: 'root', admin: true })));
const directory = () => aPluginDirectory(site, folder.path);

/** Package names are unique on a site: each test has its own. */
let names = 0;
const newName = () => `demo-${names++}`;
const fileOf = (name: string, version = '1.0') => `${name.replaceAll('-', '_')}-${version}-py3-none-any.whl`;

async function aBundled(name: string): Promise<void> {
  await site.pool.query(
    `insert into plugin_packages (public_id, package_name, version, source, plugin_ids, installed_on)
     values (gen_random_uuid(), $1, '1.0', 'bundled', '["b"]', now())`,
    [name],
  );
}

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
    await aBundled(name);
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
    await aBundled(name);
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
