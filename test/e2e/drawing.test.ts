import { afterAll, expect, test } from 'vitest';
import { anEvent, aSite, aUser } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
await anEvent(site, { name: 'Bed temperature', owner });

const add = async (dashboard: string, type: string, title: string, ...more: string[]) => {
  const words = ['dashboards', 'widgets', 'add', dashboard, '--type', type, '--title', title, ...more];
  expect((await site.run(words)).code).toBe(0);
};

const show = async (name: string) => {
  const { code, output } = await onTerminal(`dashboards show ${name}`, { NO_COLOR: '1', DATABASE_URL: site.url });
  expect(code).toBe(0);
  // The public ids are different in each run.
  return output.replaceAll(/[0-9a-f]{8}/g, '########').split('\n');
};

test('dashboards show draws the widgets in their places, as wide as the terminal', async () => {
  await site.run('dashboards create Rig --global');
  await add('Rig', 'gauge', 'Bed', '--event', 'Bed temperature');
  await add('Rig', 'line_chart', '温度', '--w', '8', '--h', '2');
  await add('Rig', 'stat_card', 'Flow\u001b[2J', '--w', '4', '--h', '1');
  expect(await show('Rig')).toEqual([
    'Rig  ########  owner root, visible to all users, 3 widgets',
    '  0       1       2       3       4       5       6       7       8       9       10      11',
    '0 ┌───────────────────────────────┬───────────────────────────────────────────────────────────────┐',
    '  │ Bed                           │ 温度                                                          │',
    '1 │ Bed temperature · gauge       │ line chart                                                    │',
    '  │ ########  4×3 at 0,0          │ ########  8×2 at 4,0                                          │',
    '2 │                               ├───────────────────────────────┬───────────────────────────────┘',
    '  │                               │ Flow\\x1b[2J                   │',
    '  └───────────────────────────────┴───────────────────────────────┘       ·       ·       ·       ·',
    '',
  ]);
});

test('dashboards show reports what could not be drawn', async () => {
  await site.run('dashboards create Bent');
  await add('Bent', 'gauge', 'One');
  await add('Bent', 'gauge', 'Two');
  await site.pool.query(`update dashboard_widgets set x = 2 where title = 'Two'`);
  const drawn = (await show('Bent')).join('\n');
  expect(drawn).toContain('│ One');
  expect(drawn).toContain('warning: Widget "Two" (########), 4×3 at 2,0, overlaps another or leaves the grid.');
});

test('dashboards show of an empty dashboard reports that', async () => {
  await site.run('dashboards create Empty');
  const [title, says] = await show('Empty');
  expect(title).toBe('Empty  ########  owner root, visible only to its owner, 0 widgets');
  expect(says).toBe('The dashboard is empty. Add a widget:');
});
