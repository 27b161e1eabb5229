import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { insert } from '../../src/database/repository.ts';
import { resolve } from '../../src/database/resolve.ts';
import { Dashboard, DashboardWidget, Datapoint, Event, User } from '../../src/entities/index.ts';
import { ConflictError, NotFoundError } from '../../src/errors.ts';
import { freshDatabase, openDatabase } from '../support/database.ts';
import { anEvent, aUser, datapoints } from '../support/site.ts';

const database = await freshDatabase();
const opened = await openDatabase(database);
afterAll(async () => {
  await opened.close();
  await database[Symbol.asyncDispose]();
});
const fork = () => opened.em.fork();
const root = await aUser(database, { username: 'root' });
const anEventOf = async (given: { name?: string; publicId?: string }) =>
  await anEvent(database, { ...given, owner: root.publicId });
const event = async (given: string) => (await resolve(fork(), Event, 'name', given, 'Event')).publicId;

describe('an exact public id wins', () => {
  test('over a row of that name, which can still be meant by its own id', async () => {
    const { publicId } = await anEventOf({});
    const named = await anEventOf({ name: publicId });
    const unique = await anEventOf({ name: randomUUID() });
    expect(await event(publicId)).toBe(publicId);
    expect(await event(named.publicId)).toBe(named.publicId);
    expect(await event(unique.name)).toBe(unique.publicId);
  });

  test('where it is no UUID either, nor longer than the beginning of another', async () => {
    await anEventOf({ publicId: 'cafecafe' });
    await anEventOf({ publicId: 'cafecafe-0000-4000-8000-000000000000' });
    await anEventOf({ name: 'cafecafe' });
    expect(await event('cafecafe')).toBe('cafecafe');
  });

  test('over any number of rows of that name', async () => {
    const aDashboard = async (name: string) =>
      await insert(fork(), Dashboard, { name, isGlobal: false, user: root.publicId });
    // Made first and named last: whatever order the database gives.
    const { publicId } = await aDashboard(randomUUID());
    await Promise.all(Array.from({ length: 8 }, async () => await aDashboard(publicId)));
    expect((await resolve(fork(), Dashboard, 'name', publicId, 'Dashboard')).publicId).toBe(publicId);
  });
});

describe('a name that is the beginning of the public id of another row', () => {
  test('is a conflict that shows both', async () => {
    const other = await anEventOf({ name: 'Pump', publicId: 'deadbeef-0000-4000-8000-000000000000' });
    const named = await anEventOf({ name: 'deadbeef' });
    const error: unknown = await event('deadbeef').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({
      message: `"deadbeef" is the name of one event, and the public id of another one starts with it: "deadbeef" (${named.publicId}); "Pump" (${other.publicId}).`,
      hint: `Use the full public id: ${named.publicId} or ${other.publicId}.`,
    });
    expect([await event('deadbeef-'), await event(named.publicId)]).toEqual([other.publicId, named.publicId]);
    const itself = await anEventOf({ name: 'abadcafe', publicId: 'abadcafe-0000-4000-8000-000000000000' });
    expect(await event('abadcafe')).toBe(itself.publicId);
  });

  test('is a conflict as well where it is the whole id in upper case', async () => {
    const { publicId } = await anEventOf({ publicId: 'feedbeef-0000-4000-8000-00000000000a' });
    expect(await event(publicId.toUpperCase())).toBe(publicId);
    await anEventOf({ name: publicId.toUpperCase() });
    await expect(event(publicId.toUpperCase())).rejects.toThrow(ConflictError);
  });
});

describe('the beginning of a public id', () => {
  test('takes 8 characters, in either case', async () => {
    const { publicId } = await anEventOf({ publicId: 'ab12cd34-0000-4000-8000-000000000000' });
    expect([await event('ab12cd34'), await event('AB12CD34-0000')]).toEqual([publicId, publicId]);
    await expect(event('ab12cd3')).rejects.toMatchObject({
      message: 'Event "ab12cd3" not found.',
      hint: 'Use its name, its public id, or the first 8 or more characters of its id.',
    });
  });

  test('of more than one is a conflict that shows them', async () => {
    const [one, other] = ['1', '2'].map((digit) => `77777777-0000-4000-8000-00000000000${digit}`);
    await aUser(database, { username: 'one', publicId: one });
    await aUser(database, { username: 'other', publicId: other });
    const found = resolve(fork(), User, 'username', '77777777', 'User');
    await expect(found).rejects.toThrow(`"one" (${one})`);
    await expect(found).rejects.toThrow(`"other" (${other})`);
  });

  test('is all that stands for a row without a name', async () => {
    await datapoints(database, 1, { event: (await anEventOf({})).publicId });
    const { rows } = await database.pool.query<{ public_id: string }>('select public_id from datapoints');
    const id = rows[0]?.public_id ?? '';
    const found = await resolve(fork(), Datapoint, undefined, id.slice(0, 8), 'Datapoint');
    expect(found.publicId).toBe(id);
    await expect(resolve(fork(), Datapoint, undefined, 'nothing', 'Datapoint')).rejects.toMatchObject({
      hint: 'Use its public id, or the first 8 or more characters of it.',
    });
  });
});

describe('among some rows only', () => {
  const aDashboard = async () =>
    await insert(fork(), Dashboard, { name: randomUUID(), isGlobal: false, user: root.publicId });
  const aWidget = async (dashboard: number, title: string, publicId: string = randomUUID()) =>
    await insert(fork(), DashboardWidget, {
      dashboard,
      title,
      publicId,
      widgetType: 'gauge',
      x: 0,
      y: 0,
      w: 1,
      h: 1,
    });
  const widget = async (given: string, dashboard: number) =>
    (await resolve(fork(), DashboardWidget, 'title', given, 'Widget', { dashboard })).publicId;

  test('a title does not stand for its widget where it is the public id of one elsewhere', async () => {
    const [here, elsewhere] = [await aDashboard(), await aDashboard()];
    const { publicId } = await aWidget(elsewhere.id, 'Trend');
    const named = await aWidget(here.id, publicId);
    const found = widget(publicId, here.id);
    await expect(found).rejects.toThrow(NotFoundError);
    await expect(found).rejects.toMatchObject({ hint: expect.stringContaining('of another widget') });
    expect(await widget(named.publicId, here.id)).toBe(named.publicId);
    expect(await widget(publicId, elsewhere.id)).toBe(publicId);
  });

  test('a title that is the beginning of the public id of a widget elsewhere is a conflict', async () => {
    const [here, elsewhere] = [await aDashboard(), await aDashboard()];
    const { publicId } = await aWidget(elsewhere.id, 'Trend', 'beefbeef-0000-4000-8000-000000000000');
    await aWidget(here.id, 'beefbeef');
    await expect(widget('beefbeef', here.id)).rejects.toThrow(publicId);
    // The title or the beginning alone is taken for what is here.
    const one = await aWidget(here.id, 'Trend', 'beefbeef-1000-4000-8000-000000000000');
    expect([await widget('Trend', here.id), await widget('beefbeef-', here.id)]).toEqual([one.publicId, one.publicId]);
  });
});
