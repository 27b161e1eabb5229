import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Database } from '../../src/database/database.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { applySite } from '../../src/site-file/apply.ts';
import { declaredSite } from '../../src/site-file/declare.ts';
import { dumpSite } from '../../src/site-file/dump.ts';
import { planOf } from '../../src/site-file/plan.ts';
import { Secrets } from '../../src/site-file/secrets.ts';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { aSite, layout } from '../support/site.ts';
import { randomSite } from './random-site.ts';

cheapHashes();
const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const database = await Database.open(targetFromUrl(site.url));
afterAll(() => database[Symbol.asyncDispose]());

const secrets = new Secrets({ PASSWORD: 'a password' });
const settings = { prune: true, secrets };
const more = { lockTimeoutSeconds: 10, signal: new AbortController().signal };

/** Applies a file, and returns what the database then is. */
async function applied(text: string): Promise<string> {
  const declared = declaredSite([{ name: 'site.yaml', text }], { variables: {} });
  await applySite(database, declared, await planOf(database.em, declared, settings), { ...settings, ...more });
  const left = await planOf(database.em, declared, settings);
  expect(left.filter(({ action }) => action !== 'keep')).toEqual([]);
  return (await dumpSite(database.em)).text;
}

/** What a file may leave out, and a dump does. */
const DEFAULTS: Record<string, object> = {
  users: { role: 'viewer' },
  rules: { threshold_high: null, webhook_event_type: null, cooldown_seconds: 60, enabled: true },
  webhooks: { enabled: true },
  dashboards: { is_global: false },
  widgets: { w: 4, h: 3, event: null, config_json: null },
  plugin_instances: { enabled: true, demo_mode: false, config_json: null },
  channels: { event: null },
};

type Items = Record<string, Record<string, unknown>>;

/** Returns a site with all its fields, but for secrets. */
function whole({ owner, ...kinds }: { owner?: string; [kind: string]: unknown }): unknown {
  const items = (kind: string, rows: Items = {}): object =>
    Object.fromEntries(
      Object.entries(rows).map(([name, { password_from: _, widgets, channels, ...fields }]) => [
        name,
        {
          ...DEFAULTS[kind],
          ...(owner !== undefined && OWNED.includes(kind) && { owner }),
          ...(kind === 'widgets' && { title: name }),
          ...fields,
          ...(kind === 'dashboards' && { widgets: items('widgets', widgets as Items) }),
          ...(kind === 'plugin_instances' && { channels: items('channels', channels as Items) }),
        },
      ]),
    );
  return Object.fromEntries(KINDS.map((kind) => [kind, items(kind, kinds[kind] as Items)]));
}

const OWNED = ['events', 'rules', 'webhooks', 'dashboards', 'plugin_instances'];
const KINDS = ['users', ...OWNED];
const runs = layout === 'own' ? 500 : 50;

test(`each of ${runs} random sites can follow any other, and then is the database`, async () => {
  await fc.assert(
    fc.asyncProperty(randomSite, async (random) => {
      expect(whole(parse(await applied(JSON.stringify(random))))).toEqual(whole(random as never));
    }),
    { numRuns: Number(process.env.RUNS ?? runs), seed: 17 },
  );
}, 600_000);
