import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { deleteByPublicId, getOr404, insert, insertOnce } from '../../src/database/repository.ts';
import { Event, Rule, User } from '../../src/entities/index.ts';
import { ConflictError, NotFoundError } from '../../src/errors.ts';
import { freshDatabase, openDatabase } from '../support/database.ts';
import { anEvent, aUser } from '../support/site.ts';

const database = await freshDatabase();
const opened = await openDatabase(database);
afterAll(async () => {
  await opened.close();
  await database[Symbol.asyncDispose]();
});
const fork = () => opened.em.fork();
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

  test('insert of a taken value is a ConflictError that says entity, column and value', async () => {
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

  test('insertOnce makes a row once, also when somebody else was faster', async () => {
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

const EVENT = {
  unit: 'bar',
  minValue: 0,
  maxValue: 1,
  eventType: 'sensor' as const,
  userPublicId: root.publicId,
};

describe('a foreign key to a public id', () => {
  const aRule = async (eventPublicId: string) =>
    await insert(fork(), Rule, {
      name: randomUUID(),
      eventPublicId,
      operator: 'gt',
      threshold: 1,
      actionType: 'log',
      userPublicId: root.publicId,
    });

  test('is created, read and assigned as the plain public id', async () => {
    const [one, other] = [await anEvent(database), await anEvent(database)];
    const { publicId } = await aRule(one.publicId);
    const em = fork();
    const rule = await em.findOneOrFail(Rule, { publicId });
    expect(rule.eventPublicId).toBe(one.publicId);
    em.assign(rule, { eventPublicId: other.publicId });
    await em.flush();
    const { rows } = await database.pool.query('select event_public_id from rules where public_id = $1', [publicId]);
    expect(rows).toEqual([{ event_public_id: other.publicId }]);
  });

  test('filters, alone and among several', async () => {
    const { publicId } = await anEvent(database);
    const rule = await aRule(publicId);
    const found = await fork().find(Rule, { eventPublicId: publicId });
    const among = await fork().find(Rule, { eventPublicId: { $in: [publicId, 'other'] } });
    expect([found, among].map((rules) => rules.map(({ id }) => id))).toEqual([[rule.id], [rule.id]]);
  });

  test('joins in a query builder', async () => {
    const { name, publicId } = await anEvent(database);
    const rule = await aRule(publicId);
    // The types take the mapped key for a plain column, which has nothing to join.
    const query = fork()
      .createQueryBuilder(Rule, 'r')
      .join('r.eventPublicId' as never, 'e');
    const rules: { id: number }[] = await query.where({ 'e.name': name } as never).getResult();
    expect(rules.map(({ id }) => id)).toEqual([rule.id]);
  });

  test('lets a flush without a change write nothing', async () => {
    const { publicId } = await aRule((await anEvent(database)).publicId);
    // The server would refuse to write.
    const flushed = fork().transactional(
      async (em) => {
        await em.find(Event, {});
        const rule = await em.findOneOrFail(Rule, { publicId });
        em.assign(rule, { eventPublicId: rule.eventPublicId, userPublicId: rule.userPublicId });
        await em.flush();
      },
      { readOnly: true },
    );
    await expect(flushed).resolves.toBeUndefined();
  });

  test('is upserted', async () => {
    const [one, other] = [await anEvent(database), await anEvent(database)];
    const { name, publicId } = await aRule(one.publicId);
    const em = fork();
    await em.upsert(
      Rule,
      {
        publicId,
        name,
        eventPublicId: other.publicId,
        operator: 'lt',
        threshold: 2,
        actionType: 'log',
        userPublicId: root.publicId,
      },
      { onConflictFields: ['name'] },
    );
    expect(await fork().findOneOrFail(Rule, { name })).toMatchObject({ eventPublicId: other.publicId, operator: 'lt' });
  });

  test('takes the row along when what it points to is deleted', async () => {
    const { publicId } = await anEvent(database);
    const rule = await aRule(publicId);
    const em = fork();
    em.remove(await em.findOneOrFail(Event, { publicId }));
    await em.flush();
    expect(await fork().findOne(Rule, { id: rule.id })).toBeNull();
  });

  test('to nobody is refused', async () => {
    await expect(aRule('nobody')).rejects.toThrow(ConflictError);
  });
});
