import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../src/database/database.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { declaredSite } from '../../src/site-file/declare.ts';
import { planOf } from '../../src/site-file/plan.ts';
import { Secrets } from '../../src/site-file/secrets.ts';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { aSite, layout } from '../support/site.ts';

// The API of the WebMACS server would answer each of these rows with 409 or 422, or fail on it later.

cheapHashes();
const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const database = await Database.open(targetFromUrl(site.url));
afterAll(() => database[Symbol.asyncDispose]());

const secrets = new Secrets({ SHORT: '1234567', LONG: 'é'.repeat(37), GOOD: 'a password', S256: 's'.repeat(256) });
const plan = async (text: string) => {
  const declared = declaredSite([{ name: 'site.yaml', text }], { variables: {} });
  return await planOf(database.em, declared, { prune: false, secrets });
};

const user = (name: string, fields: object) => ({ users: { [name]: { password_from: { env: 'GOOD' }, ...fields } } });
const event = (name: string, fields: object = {}) => ({
  events: { [name]: { unit: 'C', min_value: 0, max_value: 1, event_type: 'sensor', ...fields } },
});
const rule = (name: string, fields: object = {}) => ({
  rules: { [name]: { event: 'Known', operator: 'gt', threshold: 1, action_type: 'log', ...fields } },
});
const webhook = (url: string, fields: object = {}) => ({
  webhooks: { [url]: { events: ['sensor.reading'], ...fields } },
});
const widget = (fields: object) => ({
  dashboards: { D: { widgets: { w: { widget_type: 'gauge', x: 0, y: 0, ...fields } } } },
});
const instance = (name: string, fields: object = {}) => ({
  plugin_instances: { [name]: { plugin_id: 'p', ...fields } },
});
const channel = (id: string, fields: object = {}) =>
  instance('Rig', { channels: { [id]: { channel_name: 'X', direction: 'input', unit: 'C', ...fields } } });
const firmware = (version: string, fields: object = {}) => ({ firmware: { [version]: fields } });
const experiment = (name: string, fields: object = {}) => ({
  experiments: { [name]: { started_on: '2026-01-01T00:00:00Z', stopped_on: '2026-01-02T00:00:00Z', ...fields } },
});
const long = (length: number) => 'x'.repeat(length);
const mail = 'carl@lab.org';

beforeAll(async () => {
  await site.run('users create alice --email alice@lab.org --admin --generate-password -q');
  await site.run('events create Known --unit C --min 0 --max 1 --type sensor -q');
  await site.run('rules create Known --event Known --condition gt --threshold 1 --action log -q');
});

test.each<[string, object]>([
  ['a user name of one character', user('c', { email: mail })],
  ['a user name of 51 characters', user(long(51), { email: mail })],
  ['a password of 7 characters', user('carl', { email: mail, password_from: { env: 'SHORT' } })],
  ['a password of more than 72 bytes', user('carl', { email: mail, password_from: { env: 'LONG' } })],
  ['a role that does not exist', user('carl', { email: mail, role: 'owner' })],
  ['an address that is taken', user('carl', { email: 'alice@lab.org' })],
  ['an address without a domain', user('carl', { email: 'carl' })],
  ['an address with two dots', user('carl', { email: 'x..y@lab.org' })],
  ['an address that starts with a dot', user('carl', { email: '.x@lab.org' })],
  ['an address at a host that starts with a hyphen', user('carl', { email: 'x@-lab.org' })],
  ['an address at a host with an underscore', user('carl', { email: 'x@lab_1.org' })],
  ['an address with a trailing dot', user('carl', { email: 'x@lab.org.' })],
  ['an address with a literal', user('carl', { email: 'x@[127.0.0.1]' })],
  ['an address with a numeric top-level domain', user('carl', { email: 'x@lab.123' })],
  ['an address with a label of 64 characters', user('carl', { email: `x@${long(64)}.org` })],
  ...(layout === 'own'
    ? []
    : ['local', 'test', 'invalid', 'onion'].map((domain): [string, object] => [
        `an address at .${domain}`,
        user('carl', { email: `x@lab.${domain}` }),
      ])),
  ['an event without a name', event('')],
  ['an event with a name of 256 characters', event(long(256))],
  ['an event without a unit', event('A', { unit: '' })],
  ['an event with a unit of 256 characters', event('A', { unit: long(256) })],
  ['an event of an unknown type', event('A', { event_type: 'text' })],
  ['an event without a largest value', event('A', { max_value: null })],
  ['a rule without a name', rule('')],
  ['a rule with a name of 256 characters', rule(long(256))],
  ['a rule for an unknown event', rule('R', { event: 'none' })],
  ['a rule with an unknown operator', rule('R', { operator: 'ne' })],
  ['a rule with an unknown action', rule('R', { action_type: 'mail' })],
  ['a range without an upper threshold', rule('R', { operator: 'between' })],
  ['a range upside down', rule('R', { operator: 'not_between', threshold: 2, threshold_high: 1 })],
  ['a negative cooldown', rule('R', { cooldown_seconds: -1 })],
  ['a cooldown of half a second', rule('R', { cooldown_seconds: 0.5 })],
  ['a cooldown beyond an integer', rule('R', { cooldown_seconds: 2 ** 31 })],
  ['a webhook event that does not exist', rule('R', { action_type: 'webhook', webhook_event_type: 'x' })],
  ['a webhook that is not HTTP', webhook('ftp://lab.org/hook')],
  ['a webhook with a URL of 2,049 characters', webhook(`https://lab.org/${long(2033)}`)],
  ['a webhook for no events', webhook('https://lab.org/hook', { events: [] })],
  ['a webhook for an unknown event', webhook('https://lab.org/hook', { events: ['x'] })],
  ['a webhook with a secret of 256 characters', webhook('https://lab.org/hook', { secret_from: { env: 'S256' } })],
  ['a dashboard without a name', { dashboards: { '': {} } }],
  ['a dashboard with a name of 256 characters', { dashboards: { [long(256)]: {} } }],
  ['a widget of an unknown type', widget({ widget_type: 'map' })],
  ['a widget without a title', widget({ title: '' })],
  ['a widget with a title of 256 characters', widget({ title: long(256) })],
  ['a widget for an unknown event', widget({ event: 'none' })],
  ['a widget without a width', widget({ w: 0 })],
  ['a widget of 13 columns', widget({ w: 13 })],
  ['a widget without a height', widget({ h: 0 })],
  ['a widget of 13 rows', widget({ h: 13 })],
  ['a widget beyond the grid', widget({ x: 9 })],
  ['an instance without a name', instance('')],
  ['an instance with a name of 256 characters', instance(long(256))],
  ['an instance without a plugin', instance('Rig', { plugin_id: '' })],
  ['an instance with a plugin id of 101 characters', instance('Rig', { plugin_id: long(101) })],
  ['an instance with a configuration that is not JSON', instance('Rig', { config_json: '{' })],
  ['a channel without an id', channel('')],
  ['a channel with an id of 101 characters', channel(long(101))],
  ['a channel without a name', channel('AI0', { channel_name: '' })],
  ['a channel with a name of 256 characters', channel('AI0', { channel_name: long(256) })],
  ['a channel without a unit', channel('AI0', { unit: '' })],
  ['a channel with a unit of 51 characters', channel('AI0', { unit: long(51) })],
  ['a channel of an unknown direction', channel('AI0', { direction: 'both' })],
  ['a channel for an unknown event', channel('AI0', { event: 'none' })],
  ['a version of two numbers', firmware('1.2')],
  ['a version with a leading zero', firmware('1.02.3')],
  ['a version of 51 characters', firmware(`1.2.${'3'.repeat(47)}`)],
  ['a hash of 63 digits', firmware('1.2.3', { file_hash_sha256: 'a'.repeat(63) })],
  ['an experiment without a name', experiment('')],
  ['an experiment with a name of 256 characters', experiment(long(256))],
  ['an experiment that stops before it starts', experiment('E', { stopped_on: '2025-01-01T00:00:00Z' })],
])('%s is refused before anything is written', async (_what, declared) => {
  await expect(plan(JSON.stringify(declared))).rejects.toMatchObject({ problems: [expect.anything()] });
});

test('what the server accepts is accepted, at its limits', async () => {
  const all = {
    ...user('cc', { email: 'a.b+c@lab.org' }),
    ...event(long(255), { unit: long(255) }),
    ...rule(long(255), { operator: 'between', threshold: 1, threshold_high: 1, cooldown_seconds: 0 }),
    ...webhook(`https://lab.org/${long(2032)}`),
    ...widget({ w: 12, h: 12, title: long(255) }),
    ...channel(long(100), { channel_name: long(255), unit: long(50), direction: 'bidirectional' }),
    ...firmware('0.0.1'),
    ...experiment(long(255)),
  };
  const changes = await plan(JSON.stringify({ owner: 'alice', ...all }));
  expect(new Set(changes.map(({ action }) => action))).toEqual(new Set(['create']));
  expect(changes).toHaveLength(10);
});
