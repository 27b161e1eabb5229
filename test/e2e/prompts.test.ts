import { afterAll, expect, test } from 'vitest';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { anEvent, aSite, aUser, columns, NO_PASSWORD } from '../support/site.ts';
import { hasTerminal, onRealTerminal, onTerminal } from '../support/terminal.ts';

cheapHashes();

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

const terminalTest = test.skipIf(!hasTerminal);
const ENTER = '\r';
const ESC = '\u001b';

const env = { NO_COLOR: '1', DATABASE_URL: site.url };
const dialogue = async (line: string, answers: [prompt: string, keys: string][]) =>
  await onTerminal(line, env, answers);

async function count(sql: string): Promise<number | null> {
  return (await site.pool.query(sql)).rowCount;
}

terminalTest('users create prompts for what is missing, and shows no password', async () => {
  const { code, output } = await onRealTerminal('users create alice', env, [
    ['E-mail address', `alice@lab.org${ENTER}`],
    ['New password', `correct horse${ENTER}`],
    ['Repeat the password', `correct horse${ENTER}`],
    ['alice@lab.org', ENTER],
  ]);
  expect(code).toBe(0);
  expect(output).toContain('User "alice" created');
  expect(output).not.toContain('correct horse');
});

test('a password that is too short is refused before it is asked for again', async () => {
  await aUser(site, { username: 'bob' });
  const { code, output } = await dialogue('users passwd bob', [
    ['New password', `short${ENTER}`],
    ['too short', '\u0003'],
  ]);
  expect([code, output]).toEqual([130, expect.not.stringContaining('Repeat the password')]);
});

test('two passwords that differ are asked for again, and Esc goes back to the first', async () => {
  await aUser(site, { username: 'carol' });
  const { code, output } = await dialogue('users passwd carol', [
    ['New password', `correct horse${ENTER}`],
    ['Repeat the password', `correct house${ENTER}`],
    ['New password', `mistyped${ENTER}`],
    ['Repeat the password', ESC],
    ['New password', `correct horse${ENTER}`],
    ['Repeat the password', `correct horse${ENTER}`],
  ]);
  expect([code, output]).toEqual([0, expect.stringContaining('The passwords do not match.')]);
  expect(await count(`select from users where username = 'carol' and ${columns.password} = '${NO_PASSWORD}'`)).toBe(0);
});

test('delete lists what goes with it, and only a yes deletes', async () => {
  const { publicId } = await aUser(site, { username: 'dave' });
  await anEvent(site, { owner: publicId });
  const no = await dialogue('users delete dave', [['(y/N)', ENTER]]);
  expect([no.code, no.output]).toEqual([0, expect.stringContaining('This deletes user "dave", with 1 event.')]);
  expect(no.output).toContain('Nothing was deleted.');
  expect(await count(`select from users where username = 'dave'`)).toBe(1);
  const yes = await dialogue('users delete dave', [['(y/N)', `y${ENTER}`]]);
  expect([yes.code, yes.output]).toEqual([0, expect.stringContaining('✓ User "dave" deleted, with 1 event.')]);
  expect(await count(`select from users where username = 'dave'`)).toBe(0);
});

test('events create offers the types and the owners', async () => {
  await aUser(site, { username: 'root', admin: true });
  await aUser(site, { username: 'zoe', admin: true });
  const { code, output } = await dialogue('events create Valve --unit % --min 0 --max 1', [
    ['Type', `\u001b[B${ENTER}`],
    ['Owner', 'zoe'],
    ['zoe@lab.org', ENTER],
    ['Create event "Valve"?', ENTER],
  ]);
  expect([code, output]).toEqual([0, expect.stringContaining('Event "Valve" created')]);
  expect(output).toMatch(/\nname +Valve\nunit +%\nmin value +0\nmax value +1\nevent type +actuator\nowner +zoe\n/);
  const sql = `select from events join users u on u.public_id = user_public_id where ${columns.eventType} = 'actuator' and username = 'zoe'`;
  expect(await count(sql)).toBe(1);
});

test('rules create searches the event by name, and asks for an upper end only of a range', async () => {
  await anEvent(site, { name: 'Wall temperature' });
  await anEvent(site, { name: 'Air flow' });
  const { code, output } = await dialogue('rules create Flow --as root', [
    ['Event to watch', 'flow'],
    ['Air flow', ENTER],
    ['Trigger when a value is', `\u001b[A${ENTER}`],
    ['Threshold', `20,5${ENTER}`],
    ['is not a valid number', `\u007f\u007f${ENTER}`],
    ['Upper threshold', `60${ENTER}`],
    ['Action', `\u001b[B${ENTER}`],
    ['Create rule "Flow"?', ENTER],
  ]);
  expect(output).toMatch(/> >\n {2}<\n|❯ >\n {2}<\n/);
  expect([code, output]).toEqual([0, expect.stringContaining('Rule "Flow" created')]);
  const sql = `select from rules r join events e on e.public_id = event_public_id
    where e.name = 'Air flow' and operator = 'not_between' and threshold = 20 and threshold_high = 60 and action_type = 'log'`;
  expect(await count(sql)).toBe(1);
});

test('dashboards widgets add offers the types, and searches the event', async () => {
  await dialogue('dashboards create Rig --as root', []);
  const { code, output } = await dialogue('dashboards widgets add Rig', [
    ['Type', `\u001b[B${ENTER}`],
    ['Title', `Heat${ENTER}`],
    ['Event whose values it shows', 'wall'],
    ['Wall temperature', ENTER],
    ['Create widget "Heat"?', ENTER],
  ]);
  expect([code, output]).toEqual([0, expect.stringContaining('Widget "Heat" added')]);
  const sql = `select from dashboard_widgets join events e on e.public_id = event_public_id
    where widget_type = 'gauge' and title = 'Heat' and e.name = 'Wall temperature'`;
  expect(await count(sql)).toBe(1);
});

terminalTest('Ctrl-C at a question exits 130 and writes nothing', async () => {
  const { code } = await onRealTerminal('users create eve', env, [['E-mail address', '\u0003']]);
  expect(code).toBe(130);
  expect(await count(`select from users where username = 'eve'`)).toBe(0);
});

test('--no-input never prompts, even on a terminal', async () => {
  const { code, output } = await dialogue('users create eve --no-input', []);
  expect([code, output]).toEqual([2, expect.stringContaining('Missing: --email.')]);
});
