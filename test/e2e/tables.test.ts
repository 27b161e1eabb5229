import { afterAll, expect, test } from 'vitest';
import { anEvent, anExperiment, aSite, aUser, insertRow } from '../support/site.ts';
import { hasTerminal, onRealTerminal, onTerminal } from '../support/terminal.ts';
import { aDelivery, aWebhook } from '../support/webhook.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
const BED = 'Temperature of the bed behind the third heater';
const bed = await anEvent(site, { name: BED, owner, publicId: '11111111-0000-4000-8000-000000000000' });
await anEvent(site, {
  name: '炉内温度センサー二号機 🌡️ 上部の温度',
  unit: '\u001b[31m',
  owner,
  publicId: '22222222-0000-4000-8000-000000000000',
});
const run = await anExperiment(site, { name: 'Run 7', owner });
const VALUES = ['0.5', '12.25', '-3', 'NaN'];
for (const [at, value] of VALUES.entries()) {
  await insertRow(site, 'datapoints', {
    public_id: `0198c2aa-4b83-7274-942d-00000000000${at}`,
    value,
    timestamp: `2026-01-01T00:00:0${at}${at === 1 ? '.25' : ''}Z`,
    event_public_id: bed.publicId,
    experiment_public_id: at > 1 ? run.publicId : null,
  });
}
await site.run(['rules', 'create', 'Hot', '--event', BED, '--when', 'gt', '--threshold', '60', '--action', 'log']);
const hook = await aWebhook(site, { url: 'https://lab.org/hook', owner });
const late = await aDelivery(site, hook.id, { createdOn: '2026-07-01T12:00:00.5Z' });
await site.run('dashboards create Rig');
await site.run('dashboards widgets add Rig --type gauge --title Heat');

/** What a terminal of this width shows to a user in Berlin. */
async function shown(line: string, columns: number, env: Record<string, string> = { NO_COLOR: '1' }): Promise<string> {
  const settings = { DATABASE_URL: site.url, WEBMACS_TIMEZONE: 'Europe/Berlin', ...env };
  return (await onTerminal(line, settings, [], columns)).output;
}

test.each([
  [
    'events list',
    50,
    `
NAME                           UNIT      MIN VALUE
Temperature of the bed behin…  °C                0
炉内温度センサー二号機 🌡️ 上…  \\x1b[31m          0
4 columns hidden: --columns or a wider window
2 total.
`,
  ],
  [
    'datapoints list',
    50,
    `
TIMESTAMP +01:00        EVENT          VALUE  UNIT
2026-01-01 01:00:03     Temperature…  NaN     °C
2026-01-01 01:00:02     Temperature…   -3     °C
2026-01-01 01:00:01.25  Temperature…   12.25  °C
2026-01-01 01:00:00     Temperature…    0.5   °C
2 columns hidden: --columns or a wider window
4 total.
`,
  ],
  [
    'datapoints list',
    80,
    `
TIMESTAMP +01:00        EVENT                            VALUE  UNIT  EXPERIMENT
2026-01-01 01:00:03     Temperature of the bed behind…  NaN     °C    Run 7
2026-01-01 01:00:02     Temperature of the bed behind…   -3     °C    Run 7
2026-01-01 01:00:01.25  Temperature of the bed behind…   12.25  °C    ·
2026-01-01 01:00:00     Temperature of the bed behind…    0.5   °C    ·
1 column hidden: --columns or a wider window
4 total.
`,
  ],
  [
    'datapoints list --limit 2',
    120,
    `
TIMESTAMP +01:00     EVENT                                 VALUE  UNIT  EXPERIMENT  PUBLIC ID
2026-01-01 01:00:03  Temperature of the bed behind the t…    NaN  °C    Run 7       0198c2aa-4b83-7274-942d-000000000003
2026-01-01 01:00:02  Temperature of the bed behind the t…     -3  °C    Run 7       0198c2aa-4b83-7274-942d-000000000002
2 of 4. All: --all
`,
  ],
  [
    'rules list --columns name,event,enabled',
    80,
    `
NAME  EVENT                                           ENABLED
Hot   Temperature of the bed behind the third heater  yes
1 total.
`,
  ],
  [
    'webhooks deliveries list',
    80,
    `
CREATED ON +02:00    EVENT TYPE     STATUS       ATTEMPTS  LAST ERROR  PUBLIC ID
2026-07-01 14:00:00  sensor.readi…  dead_letter         3  gone        ${late.publicId.slice(0, 8)}
2 columns hidden: --columns or a wider window
1 total.
`,
  ],
])('%s on %d columns', async (line, columns, expected) => {
  expect(`\n${await shown(line, columns)}`).toBe(expected);
});

test('words for states, booleans and missing values have colours', async () => {
  const output = await shown('webhooks deliveries list --columns status,response_code', 80, {});
  expect(output).toContain('\u001b[31mdead_letter\u001b[39m  \u001b[2m·\u001b[22m\n');
  expect(await shown('rules list --columns enabled', 80, {})).toContain('\n\u001b[32myes\u001b[39m\n');
});

test('times carry their offset if they have several, or no head', async () => {
  const winter = await aDelivery(site, hook.id, { createdOn: '2026-10-25T01:30:00Z' });
  const [, first, second] = (await shown('webhooks deliveries list --columns created_on', 80)).split('\n');
  await site.run(`webhooks deliveries delete ${winter.publicId} --yes`);
  const [only] = (await shown('webhooks deliveries list --columns created_on --no-header', 80)).split('\n');
  expect([first, second, only]).toEqual([
    '2026-10-25 02:30:00 +01:00',
    '2026-07-01 14:00:00 +02:00',
    '2026-07-01 14:00:00 +02:00',
  ]);
});

test('a table in a pipe is whole, and in UTC if no time zone is set there', async () => {
  const line = 'webhooks deliveries list --format table --columns public_id,webhook,created_on';
  const { stdout } = await site.run(line, { env: { WEBMACS_TIMEZONE: 'UTC' } });
  expect(stdout.split('\n')[1]).toBe(`${late.publicId}  https://lab.org/hook  2026-07-01 12:00:00`);
});

test('how many columns are hidden is a message, not data', async () => {
  expect(await shown('events list --quiet', 50)).not.toContain('hidden');
  expect(await shown('datapoints stats', 60)).toContain('columns hidden: a wider window or --json\n');
});

test('a card has names, exact times and the public id, and no internal id', async () => {
  expect(await shown(`webhooks deliveries show ${late.publicId}`, 80)).toBe(`\
created on     2026-07-01 14:00:00.5 +02:00
event type     sensor.reading
status         dead_letter
attempts       3
response code  ·
last error     gone
webhook        https://lab.org/hook
payload        {"type":"sensor.reading"}
delivered on   ·
public id      ${late.publicId}
`);
  const labels = async (line: string) => (await shown(line, 80)).split('\n').map((text) => text.split('  ')[0]);
  const widget = 'title,widget type,event,x,y,w,h,config json,created on,dashboard,public id,';
  expect((await labels('dashboards widgets show Rig Heat')).join()).toBe(widget);
  expect(await shown('rules show Hot', 80)).toMatch(/^owner +root$/m);
});

test('JSON has the ids', async () => {
  const { stdout } = await site.run('dashboards widgets show Rig Heat --json');
  expect(JSON.parse(stdout)).toMatchObject({ id: 1, dashboard_id: 1, event_public_id: null });
});

test.skipIf(!hasTerminal)('a terminal of the system shows times in the time zone of TZ', async () => {
  const env = { DATABASE_URL: site.url, NO_COLOR: '1', TZ: 'America/New_York' };
  const { output } = await onRealTerminal('webhooks deliveries list --columns created_on,status', env);
  expect(output).toContain('CREATED ON -04:00    STATUS\n2026-07-01 08:00:00  dead_letter\n');
});
