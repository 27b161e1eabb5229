import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { aPluginSite, fileOf, newName } from '../plugins/plugin-site.ts';
import { until } from '../support/until.ts';

const { site, directory, close } = await aPluginSite();
afterAll(close);

describe('an installer that fails', () => {
  test('is shown with what it printed, and leaves neither file nor record', async () => {
    const { run, wheel, files, python, problems } = directory();
    const name = newName();
    python.set('fail-1.0');
    const { code, stderr } = await run('install', wheel({ name }));
    expect([code, stderr]).toEqual([1, expect.stringContaining('ERROR: ')]);
    expect(stderr).toContain('does not fit');
    expect([files(), python.packages()]).toEqual([[], []]);
    expect((await site.run(['plugins', 'packages', 'show', name])).code).toBe(3);
    expect((await problems()).problems).not.toContain('interrupted');
  });

  test('at an upgrade leaves the version that was there before, everywhere', async () => {
    const { run, wheel, files, python, problems } = directory();
    const name = newName();
    await run('install', wheel({ name }));
    python.set('fail-1.1');
    expect((await run('install', wheel({ name, version: '1.1' }), '--upgrade')).code).toBe(1);
    expect([files(), python.packages()]).toEqual([[fileOf(name)], [`${name} 1.0`]]);
    expect((await problems(name)).code).toBe(0);
  });

  test('at an uninstall leaves everything', async () => {
    const { run, wheel, files, python, problems } = directory();
    const name = newName();
    await run('install', wheel({ name }));
    python.set('fail-uninstall');
    const { code, stderr } = await run('uninstall', name, '--yes');
    expect([code, stderr]).toEqual([1, expect.stringContaining('it is stuck')]);
    expect([files(), python.packages()]).toEqual([[fileOf(name)], [`${name} 1.0`]]);
    expect((await problems(name)).code).toBe(0);
  });

  test('a Python that is not there exits 3, and leaves nothing', async () => {
    const { wheel, files, options } = directory();
    const words = ['plugins', 'install', wheel({ name: newName() }), '--python', '/nonexistent/python'];
    const { code, stderr } = await site.run(words, options);
    expect([code, stderr, files()]).toEqual([3, expect.stringContaining('/nonexistent/python'), []]);
  });

  test('a program that is not Python exits 2 before anything is changed', async () => {
    const { wheel, files, options } = directory();
    const words = ['plugins', 'install', wheel({ name: newName() }), '--python', '/bin/false'];
    const { code, stderr } = await site.run(words, options);
    expect([code, stderr, files()]).toEqual([2, expect.stringContaining('/bin/false does not answer like Python'), []]);
  });

  test('a record that the database refuses rolls file and Python back', async () => {
    const { run, wheel, files, python } = directory();
    const name = newName();
    await run('install', wheel({ name }));
    await site.pool.query(
      `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
       create trigger refuse before update on plugin_packages for each row execute function refuse()`,
    );
    const { code } = await run('install', wheel({ name, version: '1.1' }), '--upgrade');
    await site.pool.query('drop trigger refuse on plugin_packages; drop function refuse()');
    expect(code).not.toBe(0);
    expect([files(), python.packages()]).toEqual([[fileOf(name)], [`${name} 1.0`]]);
  });

  test('an interruption while it runs exits 130 and leaves what was there before', async () => {
    const { run, wheel, files, python, options, problems } = directory();
    const name = newName();
    await run('install', wheel({ name }));
    python.set('slow');
    const words = ['plugins', 'install', wheel({ name, version: '1.1' }), '--upgrade', '--python', python.path];
    const child = site.start(words, options);
    await until(() => python.running());
    python.set('slow', false);
    child.kill('SIGINT');
    const stderr = child.stderr ? text(child.stderr) : '';
    const [code] = await once(child, 'exit');
    expect(await stderr).toContain('Interrupted. File, record and Python are unchanged.');
    expect([code, files(), python.packages()]).toEqual([130, [fileOf(name)], [`${name} 1.0`]]);
    expect((await problems(name)).code).toBe(0);
  });
});

describe('two at once', () => {
  test('installs wait for each other: of the same package the second is a conflict', async () => {
    const { run, wheel, files, python } = directory();
    const name = newName();
    python.set('slow');
    const runs = await Promise.all([run('install', wheel({ name })), run('install', wheel({ name }))]);
    expect(runs.map(({ code }) => code).sort()).toEqual([0, 4]);
    expect([files(), python.calls().length]).toEqual([[fileOf(name)], 1]);
  });

  test('verify waits for an install to end', async () => {
    const { run, wheel, python, problems } = directory();
    const name = newName();
    python.set('slow');
    const installing = run('install', wheel({ name }));
    await until(() => python.running());
    expect(await problems(name)).toEqual({ code: 0, problems: [] });
    expect((await installing).code).toBe(0);
  });

  test('a lock timeout exits 7', async () => {
    const { run, wheel } = directory();
    const client = await site.pool.connect();
    await client.query('select pg_advisory_lock($1)', [0x706c7567]);
    const { code, stderr } = await run('install', wheel({ name: newName() }), '--lock-timeout', '0');
    await client.query('select pg_advisory_unlock($1)', [0x706c7567]);
    client.release();
    expect([code, stderr]).toEqual([7, expect.stringContaining('Another process')]);
  });
});
