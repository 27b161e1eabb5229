import { expect, test } from 'vitest';
import { type ServerLayoutName, serverSchema } from '../../../src/database/layouts/server-schema.ts';
import { Datapoint, Event, User } from '../../../src/entities/index.ts';
import { emptyDatabase, type FreshDatabase, freshDatabase, openDatabase } from '../../support/database.ts';

async function databaseOf(layout: ServerLayoutName): Promise<FreshDatabase> {
  const database = await emptyDatabase();
  await database.pool.query(serverSchema(layout).join(';'));
  return database;
}

test('a migrated database has our own layout', async () => {
  await using database = await freshDatabase();
  await using opened = await openDatabase(database);
  expect(opened.layout.name).toBe('own');
});

test.each(['server-admin-flag', 'server-roles'] as const)('%s is recognised and read by our names', async (layout) => {
  await using database = await databaseOf(layout);
  await using opened = await openDatabase(database);
  expect(opened.layout.name).toBe(layout);
  const { em } = opened;
  const user = em.create(User, { username: 'ada', email: 'a@x.org', hashedPassword: 'x', admin: true });
  await em.flush();
  em.create(Event, { name: 'T', unit: 'C', minValue: 0, maxValue: 1, eventType: 'range', userPublicId: user.publicId });
  await em.flush();
  em.clear();
  expect(await em.find(User, { admin: true })).toMatchObject([{ username: 'ada', admin: true, hashedPassword: 'x' }]);
  expect(await em.count(User, { admin: false })).toBe(0);
  expect(await em.find(Event, { eventType: 'range' })).toMatchObject([{ name: 'T', eventType: 'range' }]);
  expect(Object.keys(em.getMetadata().get(Event).properties)).not.toContain('createdOn');
  expect(await em.find(Datapoint, {}, { orderBy: { timestamp: 'asc' } })).toEqual([]);
});

test('two layouts can be open in one process', async () => {
  await using one = await databaseOf('server-admin-flag');
  await using other = await freshDatabase();
  await using first = await openDatabase(one);
  await using second = await openDatabase(other);
  expect(first.em.getMetadata().get(User).properties.hashedPassword.fieldNames).toEqual(['password_hash']);
  expect(second.em.getMetadata().get(User).properties.hashedPassword.fieldNames).toEqual(['hashed_password']);
});
