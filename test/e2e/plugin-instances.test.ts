import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentWith } from '../plugins/python-project.ts';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, aSite, aUser, datapoints } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

const site = await aSite();
const folder = temporaryDirectory();
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
beforeAll(async () => void (await aUser(site, { username: 'root', admin: true })));

const instances = (...words: string[]) => ['plugins', 'instances', ...words];
const channels = (...words: string[]) => ['plugins', 'channels', ...words];
const json = async (words: string[]) => JSON.parse((await site.run([...words, '--json'])).stdout);

async function anInstance(name: string): Promise<string> {
  const { code, stdout, stderr } = await site.run(instances('create', name, '--plugin', 'demo'));
  expect([code, stderr]).toEqual([0, expect.stringContaining('created')]);
  return stdout.trim();
}

async function aRule(event: string, name: string): Promise<void> {
  await site.pool.query(
    `insert into rules (public_id, name, event_public_id, operator, threshold, action_type, enabled, cooldown_seconds, user_public_id)
     select gen_random_uuid(), $2, $1, 'gt', 1, 'log', true, 60, public_id from users limit 1`,
    [event, name],
  );
}

async function aWidget(event: string): Promise<void> {
  await site.pool.query(
    `insert into dashboards (public_id, name, is_global, user_public_id) select gen_random_uuid(), 'D', true, public_id from users limit 1`,
  );
  await site.pool.query(
    `insert into dashboard_widgets (public_id, dashboard_id, widget_type, title, event_public_id, x, y, w, h)
     select gen_random_uuid(), max(id), 'gauge', 'W', $1, 0, 0, 1, 1 from dashboards`,
    [event],
  );
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
  const { stderr } = await site.run(instances('create', 'Bare', '--plugin', 'demo'));
  expect(stderr).toContain('"Bare" has no channels yet, and the server refuses data without them.');
  expect(stderr).toContain('webmacs plugins channels map "Bare" CHANNEL --event EVENT --direction input');
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

describe('plugins channels', () => {
  test('are mapped, listed, shown, changed, unmapped and deleted, in a pipe and as JSON', async () => {
    await anInstance('Rig');
    const event = await anEvent(site);
    const other = await anEvent(site);
    const mapped = await site.run(channels('map', 'Rig', 'AI0', '--event', event.name, '--direction', 'input'));
    expect(mapped.code).toBe(0);
    const id = mapped.stdout.trim();
    expect((await site.run(channels('list', '--instance', 'Rig'))).stdout).toBe(
      `Rig\tAI0\tAI0\tinput\t°C\t${event.name}\t${id}\n`,
    );
    expect(await json(channels('show', 'Rig', 'AI0'))).toMatchObject({ public_id: id, event: event.name });
    expect(await json(channels('show', id.slice(0, 8)))).toMatchObject({ channel_id: 'AI0', instance: 'Rig' });
    const words = ['--event', other.publicId, '--name', 'Top', '--unit', 'K', '--direction', 'bidirectional'];
    expect(await json(channels('map', 'Rig', 'AI0', ...words))).toMatchObject({
      public_id: id,
      channel_name: 'Top',
      unit: 'K',
      direction: 'bidirectional',
      event: other.name,
    });
    expect((await json(channels('list', '--event', other.name))).length).toBe(1);
    expect(await json(channels('unmap', 'Rig', 'AI0'))).toMatchObject({ public_id: id, event_public_id: null });
    expect((await site.run(channels('unmap', id, '--delete', '--dry-run'))).code).toBe(0);
    expect((await json(channels('list', '--instance', 'Rig'))).length).toBe(1);
    expect(await json(channels('unmap', id, '--delete', '--yes'))).toMatchObject({ status: 'success' });
    expect(await json(channels('list', '--instance', 'Rig'))).toEqual([]);
    expect((await site.run(['events', 'show', event.name])).code).toBe(0);
  });

  test('mapping twice changes nothing, also with --if-not-exists', async () => {
    await anInstance('Again');
    const words = channels('map', 'Again', 'T1', '--no-event', '--direction', 'output', '--unit', 'V');
    const first = await site.run(words);
    expect(await site.run(words)).toMatchObject({ code: 0, stdout: first.stdout });
    const left = await site.run(channels('map', 'Again', 'T1', '--direction', 'input', '--if-not-exists'));
    expect(left).toMatchObject({ code: 0, stdout: first.stdout });
    expect(await json(channels('show', 'Again', 'T1'))).toMatchObject({ direction: 'output' });
  });

  test('the same channel id may be used by another instance', async () => {
    await anInstance('One');
    await anInstance('Two');
    for (const name of ['One', 'Two']) {
      const words = channels('map', name, 'AI0', '--no-event', '--direction', 'input', '--unit', 'V');
      expect((await site.run(words)).code).toBe(0);
    }
    expect(
      (await json(channels('list'))).filter((row: { channel_id: string }) => row.channel_id === 'AI0').length,
    ).toBe(2);
  });

  test.each([
    [['map', 'One', 'X1'], 2, 'Missing: --event (or --no-event).'],
    [['map', 'One', 'X1', '--no-event'], 2, 'Missing: --direction, --unit.'],
    [['map', 'One', 'X1', '--no-event', '--direction', 'up', '--unit', 'V'], 2, 'input, output, bidirectional'],
    [
      ['map', 'One', 'x'.repeat(101), '--no-event', '--direction', 'input', '--unit', 'V'],
      2,
      'the maximum is 100 characters',
    ],
    [
      ['map', 'One', 'X1', '--no-event', '--direction', 'input', '--unit', 'V'.repeat(51)],
      2,
      'the maximum is 50 characters',
    ],
    [['map', 'nobody', 'X1', '--no-event'], 3, 'Instance "nobody" not found.'],
    [['map', 'One', 'X1', '--event', 'nothing', '--direction', 'input'], 3, 'Event "nothing" not found.'],
    [['show', 'One', 'X9'], 3, 'has no channel "X9"'],
    [['unmap', 'One', 'AI0', '--delete'], 2, '--yes'],
  ])('%j exits %i', async (words, exitCode, complaint) => {
    const { code, stderr } = await site.run(channels(...words));
    expect([code, stderr]).toEqual([exitCode, expect.stringContaining(complaint)]);
  });

  test('are listed of one instance, which is an argument as in the other commands', async () => {
    for (const name of ['Listed', 'Other']) {
      await anInstance(name);
      await site.run(channels('map', name, 'T1', '--no-event', '--direction', 'input', '--unit', 'V'));
    }
    const listed = await json(channels('list', 'Listed'));
    expect(listed).toMatchObject([{ instance: 'Listed', channel_id: 'T1' }]);
    expect(await json(channels('list', '--instance', 'Listed'))).toEqual(listed);
    expect((await site.run(channels('list', 'Listed', '--instance', 'Other'))).code).toBe(2);
    expect((await site.run(channels('list', 'nothing'))).code).toBe(3);
    expect((await json(channels('list'))).length).toBeGreaterThan(1);
  });

  test('on a terminal events can be searched, and directions chosen', async () => {
    await anInstance('Asked');
    const { name } = await anEvent(site, { name: 'Searched event' });
    const { code } = await onTerminal('plugins channels map Asked T1', { NO_COLOR: '1', DATABASE_URL: site.url }, [
      ['Event that it feeds', 'Searched'],
      ['Searched event', '\r'],
      ['Direction', '\r'],
    ]);
    expect(code).toBe(0);
    expect(await json(channels('show', 'Asked', 'T1'))).toMatchObject({
      event: name,
      direction: 'input',
      unit: '°C',
    });
  });
});

describe('deleting an instance', () => {
  async function aShared() {
    await anInstance('A');
    await anInstance('B');
    const [own, shared, foreign] = [await anEvent(site), await anEvent(site), await anEvent(site)];
    const map = async (instance: string, channel: string, { name }: { name: string }) =>
      expect((await site.run(channels('map', instance, channel, '--event', name, '--direction', 'input'))).code).toBe(
        0,
      );
    await map('A', 'own', own);
    await map('A', 'shared', shared);
    await map('B', 'shared', shared);
    await map('B', 'foreign', foreign);
    await site.run(channels('map', 'A', 'none', '--no-event', '--direction', 'input', '--unit', 'V'));
    await datapoints(site, 5, { event: own.publicId });
    await datapoints(site, 3, { event: shared.publicId });
    await datapoints(site, 2, { event: foreign.publicId });
    await aRule(own.publicId, `rule of ${own.publicId}`);
    await aWidget(own.publicId);
    return { own, shared, foreign };
  }
  const exists = async ({ name }: { name: string }) => (await site.run(['events', 'show', name])).code === 0;
  const rowsIn = async (table: string) => (await site.pool.query(`select from ${table}`)).rowCount;
  const remove = async () => {
    for (const name of ['A', 'B']) {
      await site.run(instances('delete', name, '--yes'));
    }
  };

  test('takes the events of its channels with it, as the server does, and says so before', async () => {
    const { own, shared, foreign } = await aShared();
    const planned = await site.run(instances('delete', 'A', '--dry-run'));
    const counts = 'with 1 rule, 3 channel mappings, 2 events and 8 datapoints';
    for (const part of counts.slice(5).split(/, | and /)) {
      expect(planned.stderr).toContain(part);
    }
    expect(planned.stderr).toContain('1 dashboard widget and 1 channel mapping are kept and lose their reference');
    expect(await exists(own)).toBe(true);
    const refused = await site.run(instances('delete', 'A'));
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect(await json(instances('delete', 'A', '--yes'))).toMatchObject({
      deleted: { channel_mappings: 3, events: 2, rules: 1, datapoints: 8 },
      detached: { dashboard_widgets: 1, channel_mappings: 1 },
    });
    expect([await exists(own), await exists(shared), await exists(foreign)]).toEqual([false, false, true]);
    expect([await rowsIn('datapoints'), await rowsIn('rules'), await rowsIn('dashboard_widgets')]).toEqual([2, 0, 1]);
    expect(await json(channels('show', 'B', 'shared'))).toMatchObject({ event: null });
    await remove();
  });

  test('with --keep-shared-events leaves those that another instance feeds', async () => {
    const { own, shared, foreign } = await aShared();
    expect(await json(instances('delete', 'A', '--keep-shared-events', '--yes'))).toMatchObject({
      deleted: { channel_mappings: 3, events: 1, rules: 1, datapoints: 5 },
      detached: { dashboard_widgets: 1 },
    });
    expect([await exists(own), await exists(shared), await exists(foreign)]).toEqual([false, true, true]);
    expect(await json(channels('show', 'B', 'shared'))).toMatchObject({ event: shared.name });
    await remove();
  });

  test('is all or nothing', async () => {
    const { own } = await aShared();
    await site.pool.query(
      `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
       create trigger refuse before delete on plugin_instances for each row execute function refuse()`,
    );
    expect((await site.run(instances('delete', 'A', '--yes'))).code).not.toBe(0);
    await site.pool.query('drop trigger refuse on plugin_instances; drop function refuse()');
    expect(await exists(own)).toBe(true);
    await remove();
  });
});
