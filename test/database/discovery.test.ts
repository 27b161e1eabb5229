import { afterAll, expect, test } from 'vitest';
import type { Entity } from '../../src/database/discovery.ts';
import { Event, User } from '../../src/entities/index.ts';
import { freshDatabase, openDatabase } from '../support/database.ts';
import { anEvent } from '../support/site.ts';

const database = await freshDatabase();
afterAll(() => database[Symbol.asyncDispose]());
await anEvent(database, { name: 'Bed' });

/** Opens the database for the entities of each step, and returns the relations that are known, and the owner of the event. */
async function opened(...[first, ...steps]: Entity[][]) {
  await using part = await openDatabase(database, first);
  for (const step of steps) {
    part.discover(step);
  }
  const { em } = part;
  const metadata = em.getMetadata();
  const event = await em.findOneOrFail(Event, { name: 'Bed' }, { populate: ['user'] });
  const known = [metadata.get(User), metadata.get(Event)];
  expect(metadata.get(Event).properties.user.targetMeta).toBe(known[0]);
  return { relations: known.map(({ relations }) => relations.map(({ name }) => name)), owner: event.user.$.username };
}

test('what was discovered for one database serves others, but only after the same steps', async () => {
  const apart = await opened([User], [Event]);
  const together = await opened([Event]);
  expect([apart.relations, together.relations]).toEqual([
    [[], ['user']],
    [['events'], ['user']],
  ]);
  expect(apart.owner).toBe(together.owner);
  expect([await opened([Event]), await opened([User], [Event])]).toEqual([together, apart]);
});

test('two databases that share it can be open at the same time', async () => {
  await using one = await openDatabase(database, [User]);
  await using other = await openDatabase(database, [User]);
  expect(one.em.getMetadata().get(User)).toBe(other.em.getMetadata().get(User));
  const [user] = await one.em.find(User, {});
  const [same] = await other.em.find(User, {});
  expect(user?.username).toBe(same?.username);
});
