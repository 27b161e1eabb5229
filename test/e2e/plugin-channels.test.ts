import { afterAll, describe, expect, test } from 'vitest';
import { aPluginSite } from '../plugins/plugin-site.ts';
import { anEvent, datapoints } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

const { site, close } = await aPluginSite();
afterAll(close);

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
