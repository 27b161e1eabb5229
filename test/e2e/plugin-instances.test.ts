import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { aPluginSite } from '../plugins/plugin-site.ts';
import { environmentWith } from '../plugins/python-project.ts';
import { anEvent } from '../support/site.ts';

const { site, folder, close } = await aPluginSite();
afterAll(close);

const instances = (...words: string[]) => ['plugins', 'instances', ...words];
const channels = (...words: string[]) => ['plugins', 'channels', ...words];
const json = async (words: string[]) => JSON.parse((await site.run([...words, '--json'])).stdout);

async function anInstance(name: string): Promise<string> {
  const { code, stdout, stderr } = await site.run(instances('create', name, '--plugin', 'demo'));
  expect([code, stderr]).toEqual([0, expect.stringContaining('created')]);
  return stdout.trim();
}

describe('plugins instances', () => {
  test('are created, listed, shown, changed, switched and deleted, in a pipe and as JSON', async () => {
    const id = await anInstance('Rig 1');
    expect((await site.run(instances('list'))).stdout).toContain(`Rig 1\tdemo\ttrue\tinactive\tfalse\t${id}`);
    expect(await json(instances('show', 'Rig 1'))).toMatchObject({
      public_id: id,
      plugin_id: 'demo',
      config_json: null,
    });
    const changed = await json(instances('update', 'Rig 1', '--name', 'Rig 2', '--demo', '--plugin', 'other'));
    expect(changed).toMatchObject({ public_id: id, instance_name: 'Rig 2', demo_mode: true, plugin_id: 'other' });
    expect(await json(instances('update', 'Rig 2', '--no-demo'))).toMatchObject({
      demo_mode: false,
      plugin_id: 'other',
    });
    expect(await json(instances('disable', 'Rig 2'))).toMatchObject({ enabled: false });
    expect(await json(instances('list', '--plugin', 'other', '--disabled'))).toMatchObject([{ public_id: id }]);
    expect(await json(instances('list', '--plugin', 'other', '--enabled'))).toEqual([]);
    expect(await json(instances('enable', 'Rig 2'))).toMatchObject({ enabled: true });
    expect(await json(instances('delete', 'Rig 2', '--yes'))).toMatchObject({ status: 'success', deleted: {} });
    expect(await json(instances('list', '--plugin', 'other'))).toEqual([]);
  });

  test('a change sets updated_on', async () => {
    const id = await anInstance('Dated');
    await site.pool.query(`update plugin_instances set updated_on = '2000-01-01' where public_id = $1`, [id]);
    expect((await json(instances('disable', 'Dated'))).updated_on).toMatch(/^20[2-9]/);
    await site.pool.query(`update plugin_instances set updated_on = '2000-01-01' where public_id = $1`, [id]);
    expect((await json(instances('update', 'Dated', '--demo'))).updated_on).toMatch(/^20[2-9]/);
  });

  test('a taken name exits 4, and with --if-not-exists 0', async () => {
    const id = await anInstance('Twice');
    expect((await site.run(instances('create', 'Twice', '--plugin', 'demo'))).code).toBe(4);
    const again = await site.run(instances('create', 'Twice', '--if-not-exists'));
    expect([again.code, again.stdout]).toEqual([0, `${id}\n`]);
  });

  test('a plugin that no package contains is a warning, not an error', async () => {
    const { code, stderr } = await site.run(instances('create', 'Early', '--plugin', 'coming'));
    expect([code, stderr]).toEqual([0, expect.stringContaining('No installed package contains the plugin "coming".')]);
  });

  test.each([
    [['create', 'X'], 'Missing: --plugin.'],
    [['create', 'X', '--plugin', 'a b'], 'is not a valid plugin id'],
    [['create', ' ', '--plugin', 'a'], 'must not be empty'],
    [['update', 'Twice'], 'Nothing to change.'],
    [['list', '--status', 'running'], 'inactive, connected, error, demo'],
  ])('%j exits 2', async (words, complaint) => {
    const { code, stderr } = await site.run(instances(...words));
    expect([code, stderr]).toEqual([2, expect.stringContaining(complaint)]);
  });

  test('an unknown one exits 3', async () => {
    for (const verb of ['show', 'enable', 'delete']) {
      expect((await site.run(instances(verb, 'nobody'))).code).toBe(3);
    }
  });
});

/** What the server's plugins look like from outside. */
const PLUGINS = `
import os
from types import SimpleNamespace as Some

def channel(id, name, direction, unit="°C"):
    return Some(id=id, name=name, direction=Some(value=direction), unit=unit, min_value=0, max_value=900.5)

class Rig:
    meta = Some(id="rig")
    def configure(self, config):
        print("a plugin prints what it likes")
        self.channels = {c.id: c for c in [
            channel("T0", "Bed", "input"),
            channel("AO0", "Valve", "output", ""),
            channel("X", "Loop " + config["serial"], "bidirectional"),
        ] if config["demo_mode"] or c.id == "T0"}

class Odd(Rig):
    meta = Some(id="odd")
    def configure(self, config):
        self.channels = {"A": channel("A", "", "input")}

class Broken:
    meta = Some(id="broken")
    def configure(self, config):
        raise ValueError("no port; " + os.environ.get("DATABASE_URL", "no URL"))
`;
const python = environmentWith(join(folder.path, 'venv'), PLUGINS, { rig: 'Rig', odd: 'Odd', broken: 'Broken' });

describe.skipIf(python === undefined)('plugins instances create --python (skipped without python3 -m venv)', () => {
  const create = (name: string, plugin: string, ...more: string[]) =>
    instances('create', name, '--plugin', plugin, '--python', python ?? '', ...more);
  const eventOf = async (name: string) => await json(['events', 'show', name]);

  test('creates the channels that the plugin describes, and an event for each, as the server does', async () => {
    const event = await anEvent(site, { name: 'Asks – Valve' });
    const config = join(folder.path, 'asks.json');
    writeFileSync(config, '{"serial": "7", "demo_mode": false}');
    const { code, stderr } = await site.run(create('Asks', 'rig', '--demo', '--config-file', config));
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('3 channels mapped to 2 new events and 1 existing one.'),
    ]);
    expect(await json(channels('list', '--instance', 'Asks'))).toMatchObject([
      { channel_id: 'T0', channel_name: 'Bed', direction: 'input', unit: '°C', event: 'Asks – Bed' },
      { channel_id: 'AO0', direction: 'output', unit: '', event_public_id: event.publicId },
      { channel_id: 'X', channel_name: 'Loop 7', direction: 'bidirectional', event: 'Asks – Loop 7' },
    ]);
    const limits = { min_value: 0, max_value: 900.5, unit: '°C' };
    expect(await eventOf('Asks – Bed')).toMatchObject({ ...limits, event_type: 'sensor', fed_by: 'Asks: T0' });
    expect(await eventOf('Asks – Loop 7')).toMatchObject({ ...limits, event_type: 'range' });
  });

  test('passes the mode on: without --demo the plugin has one channel', async () => {
    expect((await site.run(create('Real', 'rig', '--config-file', join(folder.path, 'asks.json')))).code).toBe(0);
    expect((await json(channels('list', '--instance', 'Real'))).length).toBe(1);
  });

  test.each([
    ['broken', 2, 'ValueError: no port; no URL'],
    ['missing', 3, 'has the plugin "missing"'],
    ['odd', 2, 'describes a channel that cannot be stored'],
  ])('creates nothing if the plugin "%s" cannot be asked, and prints what to do', async (plugin, exitCode, why) => {
    const { code, stderr } = await site.run(create('Not made', plugin));
    expect([code, stderr]).toEqual([exitCode, expect.stringContaining(why)]);
    expect(stderr).toContain('webmacs plugins channels map INSTANCE CHANNEL --event EVENT --direction input');
    expect((await site.run(instances('show', 'Not made'))).code).toBe(3);
  });

  test.each([
    ['/bin/true', 2, '/bin/true did not answer'],
    ['/nowhere/python', 3, '/nowhere/python cannot be started'],
  ])('refuses %s as Python with %i', async (path, exitCode, why) => {
    const { code, stderr } = await site.run(instances('create', 'Not made', '--plugin', 'rig', '--python', path));
    expect([code, stderr]).toEqual([exitCode, expect.stringContaining(why)]);
  });

  test('creates nothing if a row cannot be created', async () => {
    const config = join(folder.path, 'long.json');
    writeFileSync(config, JSON.stringify({ serial: 'x'.repeat(245) }));
    const { code, stderr } = await site.run(create('Long', 'rig', '--demo', '--config-file', config));
    expect([code, stderr]).toEqual([2, expect.stringContaining('name of an event is too long')]);
    expect((await site.run(instances('show', 'Long'))).code).toBe(3);
    expect((await site.run(['events', 'show', 'Long – Bed'])).code).toBe(3);
  });
});

test('plugins instances create says that an instance without channels is refused data, and what to do', async () => {
  const { stderr } = await site.run(instances('create', "Bare 'n'", '--plugin', 'demo'));
  expect(stderr).toContain('"Bare \'n\'" has no channels yet, and the server refuses data without them.');
  expect(stderr).toContain("webmacs plugins channels map 'Bare '\\''n'\\''' CHANNEL --event EVENT --direction input");
});

describe('the configuration of an instance', () => {
  const file = (content: string | Buffer) => {
    const path = join(folder.path, 'config.json');
    writeFileSync(path, content);
    return path;
  };

  test('comes from a file or from standard input, as it was written', async () => {
    const text = '{"port": "/dev/ttyUSB0", "serial": 12345678901234567890}';
    const made = await json(instances('create', 'C1', '--plugin', 'p', '--config-file', file(`${text}\n`)));
    expect(made.config_json).toBe(text);
    const words = instances('update', 'C1', '--config-file', '-', '--json');
    expect(JSON.parse((await site.run(words, { input: '{}' })).stdout).config_json).toBe('{}');
    expect((await json(instances('update', 'C1', '--no-config'))).config_json).toBeNull();
  });

  test.each([
    ['no JSON', '{', 'is not valid JSON'],
    ['a JSON list', '[]', 'is not a JSON object'],
    ['null', 'null', 'is not a JSON object'],
    ['a text that is too large', `{"a": "${'x'.repeat(70_000)}"}`, 'is too large'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'is not valid UTF-8'],
  ])('%s is refused with 2, and nothing is made', async (_what, content, complaint) => {
    const words = instances('create', 'C2', '--plugin', 'p', '--config-file', file(content));
    const { code, stderr } = await site.run(words);
    expect([code, stderr]).toEqual([2, expect.stringContaining(complaint)]);
    expect((await site.run(instances('show', 'C2'))).code).toBe(3);
  });

  test('a missing file exits 3', async () => {
    expect(
      (await site.run(instances('create', 'C3', '--plugin', 'p', '--config-file', join(folder.path, 'no')))).code,
    ).toBe(3);
  });
});
