import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { Database } from '../../src/database/database.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { applySite } from '../../src/site-file/apply.ts';
import { declaredSite } from '../../src/site-file/declare.ts';
import { dumpSite, dumpText } from '../../src/site-file/dump.ts';
import { mergedDump } from '../../src/site-file/merge-dump.ts';
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
  expect(await changesOf(text)).toEqual([]);
  return dumpText(await dumpSite(database.em));
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
/** Returns what a file would change. */
async function changesOf(text: string) {
  const declared = declaredSite([{ name: 'site.yaml', text }], { variables: {} });
  const changes = await planOf(database.em, declared, settings);
  return changes.filter(({ action }) => action !== 'keep');
}

const runs = layout === 'own' ? 500 : 50;

test(`each of ${runs} random sites can follow any other, and then is the database`, async () => {
  let before: object = {};
  await fc.assert(
    fc.asyncProperty(randomSite, async (random) => {
      expect(whole(parse(await applied(JSON.stringify(random))))).toEqual(whole(random as never));
      // The file of the site before becomes one of this site.
      const text = await mergedDump(database.em, { name: 'site.yaml', text: stringify(before) }, { variables: {} });
      expect(await changesOf(text)).toEqual([]);
      before = random;
    }),
    { numRuns: runs, seed: 17, endOnFailure: true },
  );
}, 600_000);
