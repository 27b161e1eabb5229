import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { paginate } from '../../src/database/paginate.ts';
import { deleteByPublicId, getOr404, insert, insertOnce } from '../../src/database/repository.ts';
import { Datapoint, Event, User } from '../../src/entities/index.ts';
import { ConflictError, InvalidInputError, NotFoundError } from '../../src/errors.ts';
import { freshDatabase, openDatabase } from '../support/database.ts';
import { anEvent, aUser, datapoints } from '../support/site.ts';

const database = await freshDatabase();
const opened = await openDatabase(database);
afterAll(async () => {
  await opened.close();
  await database[Symbol.asyncDispose]();
});
const fork = () => opened.em;
const root = await aUser(database, { username: 'root' });

describe('one row', () => {
  test('getOr404 gives it, or a NotFoundError that names it', async () => {
    const { name, publicId } = await anEvent(database);
    expect(await getOr404(fork(), Event, publicId, 'Event')).toMatchObject({ name });
    await expect(getOr404(fork(), Event, 'nothing', 'Event')).rejects.toThrow('Event "nothing" not found.');
  });

  test('deleteByPublicId deletes it once', async () => {
    const { publicId } = await anEvent(database);
    expect(await deleteByPublicId(fork(), Event, publicId, 'Event')).toEqual({
      status: 'success',
      message: `Event "${publicId}" deleted.`,
    });
    await expect(deleteByPublicId(fork(), Event, publicId, 'Event')).rejects.toThrow(NotFoundError);
  });

  test('getOr404 does not find a deleted row that was read before', async () => {
    const em = fork();
    const { publicId } = await anEvent(database);
    await getOr404(em, Event, publicId, 'Event');
    await deleteByPublicId(em, Event, publicId, 'Event');
    await expect(getOr404(em, Event, publicId, 'Event')).rejects.toThrow(NotFoundError);
  });

  test('insert of a taken value is a ConflictError with entity, column and value', async () => {
    const { username } = await aUser(database);
    const values = { username, email: 'new@lab.org', hashedPassword: 'x' };
    const error = await insert(fork(), User, values).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({ conflict: { entity: 'users', column: 'username', value: username } });
  });

  test('insert that is refused leaves nothing in the unit of work', async () => {
    const em = fork();
    const { username } = await aUser(database);
    await insert(em, User, { username, email: 'b@lab.org', hashedPassword: 'x' }).catch(() => {});
    const user = await insert(em, User, { username: 'next', email: 'c@lab.org', hashedPassword: 'x' });
    expect(user).toMatchObject({ username: 'next', admin: false, publicId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  test('insertOnce inserts a row once, even if another session was faster', async () => {
    const noun = { entity: Event, key: 'name' as const };
    const name = randomUUID();
    const make = async () => await insert(fork(), Event, { ...EVENT, name });
    const first = await insertOnce(fork(), noun, name, true, make);
    const raced = await insertOnce(fork(), { ...noun, key: 'name' }, name, true, make);
    expect([first.created, raced.created]).toEqual([true, false]);
    expect(raced.item.publicId).toBe(first.item.publicId);
    await expect(insertOnce(fork(), noun, name, false, make)).rejects.toThrow(ConflictError);
  });
});

describe('pages', () => {
  test('leave nothing in the memory of the entity manager, forty of a thousand rows', async () => {
    const { publicId: event } = await anEvent(database);
    await datapoints(database, 40_000, { event });
    const em = fork();
    let seen = 0;
    let after: string | undefined;
    for (let page = 0; page < 40; page++) {
      const { items } = await paginate(em, Datapoint, { pageSize: 1000, after, total: 'none' });
      seen += items.length;
      after = items.at(-1)?.publicId;
    }
    expect([seen, em.getUnitOfWork().getIdentityMap().keys()]).toEqual([40_000, []]);
  });

  test('are read in the transaction of the entity manager', async () => {
    const { publicId: event } = await anEvent(database);
    const counted = fork().transactional(async (em) => {
      await em.nativeDelete(Event, { publicId: event });
      return (await paginate(em, Event, { where: { publicId: event } })).total;
    });
    expect(await counted).toBe(0);
  });

  test('in an order of two properties are refused where the types were not asked', async () => {
    const orderBy: object = { unit: 'asc', name: 'desc' };
    const refused = paginate(fork(), Event, { orderBy: orderBy as { unit: 'asc' } });
    await expect(refused).rejects.toThrow(InvalidInputError);
  });
});

test('each entity manager of a database has a memory of its own', async () => {
  const { publicId } = await anEvent(database);
  const [one, other] = [opened.em, opened.em];
  await getOr404(one, Event, publicId, 'Event');
  expect(other.getUnitOfWork().getIdentityMap().keys()).toEqual([]);
});

test('a database that is opened for one entity knows that and what it refers to, and no other side of a relation', async () => {
  await using part = await openDatabase(database, [Event]);
  const known = [...part.em.getMetadata().getAll().values()];
  expect(known.map(({ className }) => className).sort()).toEqual(['Event', 'User']);
  expect(known.flatMap(({ relations }) => relations.map(({ name }) => name)).sort()).toEqual(['events', 'user']);
});

const EVENT = {
  unit: 'bar',
  minValue: 0,
  maxValue: 1,
  eventType: 'sensor' as const,
  user: root.publicId,
};
