import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SECRET } from '../secret.ts';
import { hostileSite } from '../site.ts';
import { assertFiles, runKills } from './kills.ts';
import { aSmallRig } from './rig.ts';

/** A row is created whole or not at all, a setting is the earlier or the new one, and no temporary file stays. */
interface Write {
  words(name: string): string[];
  table: string;
  key: string;
  /** Whether the row `t` is as requested. */
  whole: string;
  before?(name: string): string[];
}

const WRITES: Record<string, Write> = {
  'users create': {
    words: (name) => ['users', 'create', name, '--email', `${name}@lab.org`, '--admin'],
    table: 'users',
    key: 'username',
    whole: `t.admin and t.email = t.username || '@lab.org' and t.hashed_password like '$2%'`,
  },
  'events create': {
    words: (name) => ['events', 'create', name, ...'--unit K --min 0 --max 9 --type sensor'.split(' ')],
    table: 'events',
    key: 'name',
    whole: `t.unit = 'K' and t.max_value = 9 and t.event_type = 'sensor'`,
  },
  'webhooks create': {
    words: (name) => ['webhooks', 'create', name, '--event', 'sensor.reading'],
    table: 'webhooks',
    key: 'url',
    whole: `t.enabled and t.secret = '${SECRET}' and t.events like '%sensor.reading%'`,
  },
  'rules create': {
    words: (name) => [
      ...['rules', 'create', name],
      ...'--event Flow --when gt --threshold 5 --action log --cooldown 10m'.split(' '),
    ],
    table: 'rules',
    key: 'name',
    whole: `t.threshold = 5 and t.cooldown_seconds = 600 and t.event_public_id = 'e1'`,
  },
  'dashboards create': {
    words: (name) => ['dashboards', 'create', name, '--global'],
    table: 'dashboards',
    key: 'name',
    whole: 't.is_global',
  },
  'widgets add': {
    words: (name) => ['dashboards', 'widgets', 'add', name, '--type', 'gauge', '--title', name, '--event', 'Flow'],
    table: 'dashboard_widgets',
    key: 'title',
    whole: `t.widget_type = 'gauge' and t.event_public_id = 'e1' and t.w = 4`,
    before: (name) => ['dashboards', 'create', name],
  },
};

await using site = await hostileSite();
await aSmallRig(site, 0);

await runKills(async (number, _random, folder) => {
  const kinds = [...Object.keys(WRITES), 'config set'];
  const kind = kinds[number % kinds.length] ?? '';
  const [cache, config] = [join(folder, 'cache'), join(folder, 'config')];
  const env = {
    DATABASE_URL: site.url,
    WEBMACS_USER: 'ada',
    WEBMACS_PASSWORD: SECRET,
    WEBMACS_WEBHOOK_SECRET: SECRET,
    XDG_CACHE_HOME: cache,
    WEBMACS_CONFIG: join(config, 'config.json'),
  };
  const assertCache = () => {
    assert.equal(readdirSync(join(cache, 'webmacs')).length, 1, 'files in the bytecode cache');
  };
  const write = WRITES[kind];
  if (!write) {
    return { kind, env, site, ...settingOf(config, assertCache) };
  }
  const name = kind === 'webhooks create' ? `http://127.0.0.1:9/${number}` : `round-${number}`;
  const words = [...write.words(name), '--if-not-exists'];
  const counts = async () => {
    const sql = `select count(*) || ' rows, whole: ' || coalesce(bool_and(${write.whole}), true)
      from ${write.table} t where ${write.key} = $1`;
    return await site.value(sql, [name]);
  };
  return {
    kind,
    words,
    env,
    site,
    async before(run) {
      if (write.before) {
        await run(write.before(name), { ...env, XDG_CACHE_HOME: join(folder, 'other-cache') });
      }
    },
    async check(done) {
      const before = await counts();
      assert(before === '1 rows, whole: true' || (before === '0 rows, whole: true' && !done), `${before}`);
    },
    async repeat(run) {
      await run(words, env);
      assert.equal(await counts(), '1 rows, whole: true');
      assertCache();
    },
  };
});

/** Replaces a setting in a configuration file. */
function settingOf(folder: string, assertCache: () => void) {
  const file = join(folder, 'config.json');
  const content = () => JSON.parse(readFileSync(file, 'utf8'));
  const words = ['config', 'set', 'timezone', '+02:00'];
  return {
    words,
    async before(run: (words: string[], env: Record<string, string>) => Promise<unknown>) {
      await run(['config', 'set', 'timezone', '+01:00'], { WEBMACS_CONFIG: file });
    },
    async check(done: boolean) {
      assert(existsSync(file) && ['+02:00', ...(done ? [] : ['+01:00'])].includes(content().timezone));
    },
    async repeat(run: (words: string[], env: Record<string, string>) => Promise<unknown>) {
      await run(words, { WEBMACS_CONFIG: file, XDG_CACHE_HOME: join(folder, '..', 'cache') });
      assert.deepEqual(content(), { timezone: '+02:00' });
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assertFiles(folder, ['config.json']);
      assertCache();
    },
  };
}
