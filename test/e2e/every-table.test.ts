import stringWidth from 'string-width';
import { afterAll, describe, expect, test } from 'vitest';
import { aPluginDirectory } from '../plugins/plugin-directory.ts';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { temporaryDirectory } from '../support/program.ts';
import { aReceiver } from '../support/receiver.ts';
import { anEvent, aSite, aUser } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';
import { aWebhook } from '../support/webhook.ts';

cheapHashes();

const site = await aSite();
const folder = temporaryDirectory();
const receiver = await aReceiver();
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
await anEvent(site, { name: 'Bed', owner });
const hook = await aWebhook(site, { url: receiver.url, owner });
await site.run('dashboards create Rig');
await site.run('plugins instances create Rig --plugin demo');
const pluginDirectory = aPluginDirectory(site, folder.path);
const wheel = (version: string) => pluginDirectory.wheel({ name: 'demo', version });

/** The life of a row: `ID` among the words is the row's public id, or its id where it has none. */
interface Life {
  create: string[];
  input?: string;
  list: string;
  show: string;
  change: string[];
  /** What the change makes of the row. */
  becomes: Record<string, unknown>;
  remove: string;
}

const LIVES: Record<string, Life> = {
  users: {
    create: words('users create eve --email eve@lab.org --password-stdin'),
    input: 'correct horse battery\n',
    list: 'users list',
    show: 'users show ID',
    change: words('users update ID --email eve@new.org'),
    becomes: { email: 'eve@new.org' },
    remove: 'users delete ID --yes',
  },
  events: {
    create: words('events create Valve --unit % --min 0 --max 1 --type actuator'),
    list: 'events list',
    show: 'events show ID',
    change: words('events update ID --unit bar'),
    becomes: { unit: 'bar' },
    remove: 'events delete ID --yes',
  },
  experiments: {
    create: words('experiments start Run'),
    list: 'experiments list',
    show: 'experiments show ID',
    change: words('experiments rename ID Again'),
    becomes: { name: 'Again' },
    remove: 'experiments delete ID --yes',
  },
  datapoints: {
    create: words('datapoints import -'),
    input: 'timestamp,event,value\n2026-01-01T00:00:00Z,Bed,1.5\n',
    list: 'datapoints list',
    show: 'datapoints show ID',
    change: words('datapoints update ID --value 2.5'),
    becomes: { value: 2.5 },
    remove: 'datapoints delete ID --yes',
  },
  log_entries: {
    create: ['logs', 'add', 'Filter changed'],
    list: 'logs list',
    show: 'logs show ID',
    change: words('logs read ID'),
    becomes: { status_type: 'read' },
    remove: 'logs delete ID --yes',
  },
  blacklist_tokens: {
    create: words('tokens revoke --token-stdin'),
    input: 'no-jwt\n',
    list: 'tokens list',
    show: 'tokens show ID',
    change: words('tokens update ID --blacklisted-on 2026-01-01'),
    becomes: { blacklisted_on: '2026-01-01T00:00:00+00:00' },
    remove: 'tokens delete ID --yes --force',
  },
  rules: {
    create: words('rules create Hot --event Bed --when gt --threshold 5 --action log'),
    list: 'rules list',
    show: 'rules show ID',
    change: words('rules update ID --threshold 6'),
    becomes: { threshold: 6 },
    remove: 'rules delete ID --yes',
  },
  webhooks: {
    create: words('webhooks create https://lab.org/one --type sensor.reading'),
    list: 'webhooks list',
    show: 'webhooks show ID',
    change: words('webhooks update ID --url https://lab.org/two'),
    becomes: { url: 'https://lab.org/two' },
    remove: 'webhooks delete ID --yes',
  },
  webhook_deliveries: {
    create: ['webhooks', 'test', hook.publicId],
    list: 'webhooks deliveries list',
    show: 'webhooks deliveries show ID',
    change: words('webhooks redeliver ID'),
    becomes: { attempts: 2 },
    remove: 'webhooks deliveries delete ID --yes',
  },
  firmware_updates: {
    create: words('firmware register 2.0.0'),
    list: 'firmware list',
    show: 'firmware show ID',
    change: words('firmware status ID downloading'),
    becomes: { status: 'downloading' },
    remove: 'firmware delete ID --yes',
  },
  dashboards: {
    create: words('dashboards create Lab'),
    list: 'dashboards list',
    show: 'dashboards show ID',
    change: words('dashboards update ID --global'),
    becomes: { is_global: true },
    remove: 'dashboards delete ID --yes',
  },
  dashboard_widgets: {
    create: words('dashboards widgets add Rig --type gauge --title Heat'),
    list: 'dashboards widgets list Rig',
    show: 'dashboards widgets show Rig ID',
    change: words('dashboards widgets update Rig ID --w 6'),
    becomes: { w: 6 },
    remove: 'dashboards widgets remove Rig ID --yes',
  },
  plugin_packages: {
    create: ['plugins', 'install', wheel('1.0'), '--no-pip'],
    list: 'plugins packages list',
    show: 'plugins packages show ID',
    change: ['plugins', 'install', wheel('1.1'), '--no-pip', '--upgrade'],
    becomes: { version: '1.1' },
    remove: 'plugins uninstall demo --no-pip --yes',
  },
  plugin_instances: {
    create: words('plugins instances create Try --plugin demo'),
    list: 'plugins instances list',
    show: 'plugins instances show ID',
    change: words('plugins instances update ID --demo'),
    becomes: { demo_mode: true },
    remove: 'plugins instances delete ID --yes',
  },
  channel_mappings: {
    create: words('plugins channels map Rig AI0 --event Bed --direction input'),
    list: 'plugins channels list',
    show: 'plugins channels show ID',
    change: words('plugins channels map Rig AI0 --unit K'),
    becomes: { unit: 'K' },
    remove: 'plugins channels unmap ID --delete --yes',
  },
};

/** Returns all times in JSON. */
function timesIn(value: unknown): string[] {
  return JSON.stringify(value).match(/(?<=:")\d{4}-\d\d-\d\dT[^"]*/g) ?? [];
}

function words(line: string): string[] {
  return line.split(' ');
}

/** Runs a command that must succeed. */
async function done(line: string | string[], id: string, input?: string): Promise<string> {
  const list = (typeof line === 'string' ? words(line) : line).map((word) => (word === 'ID' ? id : word));
  const options = { ...pluginDirectory.options, ...(input === undefined ? {} : { input }) };
  const { code, stdout, stderr } = await site.run(list, options);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  return stdout;
}

const codeOf = async (line: string, id: string) => (await site.run(line.replace('ID', id))).code;

describe.each(Object.entries(LIVES))('a row of %s is created, listed, shown, changed and deleted', (table, life) => {
  const { create, input, list, show, change, becomes, remove } = life;
  // Revoked tokens have no public id; a dashboard is drawn, and an empty one is nothing but its place.
  const key = table === 'blacklist_tokens' ? 'id' : 'public_id';

  test('in a pipe', async () => {
    const made = (await done(create, '', input)).trim();
    const listed = (await done(list, '')).trim().split('\n');
    const columns = (line = '') => line.split('\t');
    // An import and a test tell no ids.
    const told = !['datapoints', 'webhook_deliveries'].includes(table);
    const id = told ? made : String(columns(listed[0]).at(-1));
    expect(listed.filter((line) => columns(line).includes(id))).toHaveLength(1);
    await done(show, id);
    await done(change, id);
    const [[column, value] = []] = Object.entries(becomes);
    if (table === 'dashboards') {
      expect(columns((await done(list, '')).split('\n').find((line) => line.endsWith(id)))).toContain(String(value));
    } else {
      expect((await done(show, id)).split('\n')).toEqual(
        expect.arrayContaining([`${key}\t${id}`, `${column}\t${value}`]),
      );
    }
    await done(remove, id);
    expect(await done(list, '')).not.toContain(id);
    expect(await codeOf(show, id)).toBe(3);
  });

  test('with --json', async () => {
    const json = async (line: string | string[], id = '', text?: string) =>
      JSON.parse(await done([...(typeof line === 'string' ? words(line) : line), '--json'], id, text));
    const { created, ...made } = await json(create, '', input);
    const listed: Record<string, unknown>[] = await json(list);
    const id = String(table === 'datapoints' ? listed[0]?.[key] : made[key]);
    const row = listed.find((item) => String(item[key]) === id);
    const shown = await json(show, id);
    const changed = await json(change, id);
    expect(await json(show, id)).toMatchObject({ [key]: row?.[key], ...becomes });
    // Every command prints the same columns, some with facts about what was done.
    const columns = Object.keys(row ?? {});
    expect(shown).toMatchObject(row ?? {});
    if (!['datapoints', 'webhook_deliveries'].includes(table)) {
      expect([created, made]).toMatchObject([true, row ?? {}]);
    }
    // Entries are marked as read many at a time.
    expect(Object.keys(changed)).toEqual(expect.arrayContaining(table === 'log_entries' ? [] : columns));
    for (const time of timesIn([made, row, shown, changed])) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(?!0{6})\d{6})?\+00:00$/);
    }
    for (const width of [50, 80, 120]) {
      const { output } = await onTerminal(list, { DATABASE_URL: site.url, NO_COLOR: '1' }, [], width);
      expect(output.split('\n').filter((line) => stringWidth(line) > width)).toEqual([]);
    }
    expect(await json(remove, id)).toMatchObject(table === 'datapoints' ? { deleted: 1 } : { status: 'success' });
    expect((await json(list)).map((item: Record<string, unknown>) => String(item[key]))).not.toContain(id);
    expect(await codeOf(`${show} --json`, id)).toBe(3);
  });
});
