import { randomUUID } from 'node:crypto';
import { ref, serialize, wrap } from '@mikro-orm/core';
import { afterAll, describe, expect, test } from 'vitest';
import { insert } from '../../src/database/repository.ts';
import { toRow } from '../../src/database/row.ts';
import {
  ChannelMapping,
  Dashboard,
  DashboardWidget,
  Datapoint,
  Event,
  PluginInstance,
  Rule,
  User,
} from '../../src/entities/index.ts';
import { ConflictError } from '../../src/errors.ts';
import { freshDatabase, openDatabase } from '../support/database.ts';
import { RULE, relatedRows } from '../support/relations.ts';
import { anEvent } from '../support/site.ts';

const laboratory = await relatedRows();
afterAll(() => laboratory[Symbol.asyncDispose]());
const { database, opened, user, air, bed, run, aRule } = laboratory;
const fork = () => opened.em;

/** What the table has, whatever the ORM makes of it. */
async function eventInTable({ id }: { id: number }): Promise<string> {
  const { rows } = await database.pool.query('select event_public_id from rules where id = $1', [id]);
  return rows[0].event_public_id;
}

/** Does the work in a transaction in which the server refuses to write. */
async function withoutWriting(work: (em: ReturnType<typeof fork>) => Promise<void>): Promise<void> {
  await fork().transactional(
    async (em) => {
      await work(em);
      await em.flush();
    },
    { readOnly: true },
  );
}

describe('a new row takes what it refers to', () => {
  test('by its key', async () => {
    const rule = await aRule();
    expect([rule.event.publicId, await eventInTable(rule)]).toEqual([air.publicId, air.publicId]);
  });

  test.each(['of the same entity manager', 'of another one'])('as an entity %s', async (whose) => {
    const em = fork();
    const event = await (whose.includes('same') ? em : fork()).findOneOrFail(Event, { name: 'Air flow' });
    const rule = await insert(em, Rule, { ...RULE, name: randomUUID(), event, user: user.publicId });
    expect(await eventInTable(rule)).toBe(air.publicId);
  });

  test('as a reference that has not been read', async () => {
    const em = fork();
    const event = em.getReference(Event, air.publicId);
    const rule = em.create(Rule, { ...RULE, name: randomUUID(), event, user: em.getReference(User, user.publicId) });
    await em.flush();
    expect(await eventInTable(rule)).toBe(air.publicId);
  });

  test('as a wrapped reference', async () => {
    const em = fork();
    const event = ref(await em.findOneOrFail(Event, { name: 'Air flow' }));
    const rule = em.create(Rule, { ...RULE, name: randomUUID(), event, user: user.publicId });
    await em.flush();
    expect(await eventInTable(rule)).toBe(air.publicId);
  });

  test('as a new row of its own, made in the same flush', async () => {
    const em = fork();
    const dashboard = em.create(Dashboard, { name: randomUUID(), user: user.publicId });
    const widget = em.create(DashboardWidget, { dashboard, widgetType: 'gauge', title: 'W', event: air.publicId });
    dashboard.widgets.add(em.create(DashboardWidget, { dashboard, widgetType: 'gauge', title: 'V' }));
    await em.flush();
    expect(widget.dashboard.id).toBe(dashboard.id);
    expect(await fork().count(DashboardWidget, { dashboard: dashboard.id })).toBe(2);
  });

  test('but not what does not exist', async () => {
    await expect(aRule('nobody')).rejects.toThrow(ConflictError);
  });

  test('and gets its id and its public id', async () => {
    const event = await insert(fork(), Event, {
      name: randomUUID(),
      unit: 'K',
      minValue: 0,
      maxValue: 1,
      eventType: 'sensor',
      user: user.publicId,
    });
    const { rows } = await database.pool.query('select id, public_id from events where name = $1', [event.name]);
    expect(rows).toEqual([{ id: event.id, public_id: event.publicId }]);
  });
});

describe('a row that has been read', () => {
  test('has the key without a join, and without the row behind it', async () => {
    const em = fork();
    const [row] = await em.find(Datapoint, { experiment: run.publicId }, { orderBy: { id: 'asc' } });
    expect([row?.event.publicId, row?.experiment?.publicId]).toEqual([air.publicId, run.publicId]);
    expect(row?.event.isInitialized()).toBe(false);
  });

  test('has null where it refers to nothing', async () => {
    const [row] = await fork().find(Datapoint, { event: bed.publicId });
    expect(row?.experiment).toBeNull();
  });

  test('loads what it refers to when that is asked for', async () => {
    const rule = await fork().findOneOrFail(Rule, { id: (await aRule()).id });
    expect((await rule.event.loadOrFail()).name).toBe('Air flow');
    expect((await rule.event.loadOrFail()).user.publicId).toBe(user.publicId);
  });

  test.each([
    ['a key', () => bed.publicId],
    ['a reference', () => fork().getReference(Event, bed.publicId)],
  ])('is assigned another one by %s', async (_what, other) => {
    const em = fork();
    const rule = await em.findOneOrFail(Rule, { id: (await aRule()).id });
    em.assign(rule, { event: other() });
    await em.flush();
    expect([rule.event.publicId, await eventInTable(rule)]).toEqual([bed.publicId, bed.publicId]);
  });

  test('is assigned another one as an entity, or none', async () => {
    const em = fork();
    const mapping = await aMapping();
    const row = await em.findOneOrFail(ChannelMapping, { id: mapping.id });
    row.event = ref(await em.findOneOrFail(Event, { name: 'Bed temperature' }));
    await em.flush();
    expect((await fork().findOneOrFail(ChannelMapping, { id: row.id })).event?.publicId).toBe(bed.publicId);
    row.event = null;
    await em.flush();
    expect((await fork().findOneOrFail(ChannelMapping, { id: row.id })).event).toBeNull();
  });

  test('writes nothing when nothing has changed, whatever else has been read', async () => {
    const { id } = await aRule();
    await withoutWriting(async (em) => {
      await em.find(Rule, {}, { populate: ['event', 'user'] });
      await em.find(Event, {}, { populate: ['rules', 'datapoints'] });
      const rule = await em.findOneOrFail(Rule, { id });
      em.assign(rule, { event: rule.event.publicId, user: rule.user });
    });
  });

  test('writes nothing for a reference that has never been read', async () => {
    await withoutWriting(async (em) => {
      em.getReference(Event, air.publicId);
      em.getReference(User, user.publicId);
    });
  });

  test('is refreshed', async () => {
    const em = fork();
    const rule = await em.findOneOrFail(Rule, { id: (await aRule()).id }, { populate: ['event'] });
    await database.pool.query('update rules set event_public_id = $1 where id = $2', [bed.publicId, rule.id]);
    await em.refresh(rule);
    expect(rule.event.publicId).toBe(bed.publicId);
  });
});

describe('a write without reading', () => {
  test('updates by key', async () => {
    const { id } = await aRule();
    await fork().nativeUpdate(Rule, { id }, { event: bed.publicId });
    expect(await eventInTable({ id })).toBe(bed.publicId);
  });

  test('updates by a filter on the key', async () => {
    const event = await anEvent(database, { owner: user.publicId });
    const { id } = await aRule(event.publicId);
    expect(await fork().nativeUpdate(Rule, { event: event.publicId }, { threshold: 7 })).toBe(1);
    expect((await fork().findOneOrFail(Rule, { id })).threshold).toBe(7);
  });

  test('upserts', async () => {
    const { name, publicId } = await aRule();
    const row = { ...RULE, publicId, name, event: bed.publicId, user: user.publicId, threshold: 2 };
    await fork().upsert(Rule, row, { onConflictFields: ['name'] });
    const found = await fork().findOneOrFail(Rule, { name });
    expect([found.event.publicId, found.threshold]).toEqual([bed.publicId, 2]);
  });

  test('deletes by the key, and what refers to the row goes with it', async () => {
    const event = await anEvent(database, { owner: user.publicId });
    const { id } = await aRule(event.publicId);
    expect(await fork().nativeDelete(Event, { publicId: event.publicId })).toBe(1);
    expect(await fork().findOne(Rule, { id })).toBeNull();
  });

  test('removes an entity', async () => {
    const event = await anEvent(database, { owner: user.publicId });
    const { id } = await aRule(event.publicId);
    const em = fork();
    em.remove(await em.findOneOrFail(Event, { publicId: event.publicId }, { populate: ['rules'] }));
    await em.flush();
    expect(await fork().findOne(Rule, { id })).toBeNull();
  });
});

describe('as text', () => {
  test('a relation is its key until it is populated', async () => {
    const { id } = await aRule();
    const plain = JSON.parse(JSON.stringify(await fork().findOneOrFail(Rule, { id })));
    expect([plain.event, plain.user]).toEqual([air.publicId, user.publicId]);
    const full = serialize(await fork().findOneOrFail(Rule, { id }, { populate: ['event'] }), { populate: ['event'] });
    expect(full.event).toMatchObject({ name: 'Air flow', user: user.publicId });
  });

  test('a row has the names of the columns, whether it is populated or not', async () => {
    const em = fork();
    const { id } = await aRule();
    const before = toRow(em, Rule, await em.findOneOrFail(Rule, { id }));
    const after = toRow(em, Rule, await em.findOneOrFail(Rule, { id }, { populate: ['event.rules', 'user'] }));
    expect(after).toEqual(before);
    expect(Object.keys(before).slice(0, 4)).toEqual(['id', 'public_id', 'name', 'event_public_id']);
    expect(before).toMatchObject({ event_public_id: air.publicId, user_public_id: user.publicId });
  });

  test('an id goes before a public id, and an inverse side is no column', async () => {
    const em = fork();
    const row = toRow(em, Event, await em.findOneOrFail(Event, { name: 'Air flow' }, { populate: ['datapoints'] }));
    expect(Object.keys(row).slice(0, 3)).toEqual(['id', 'public_id', 'name']);
    expect(Object.keys(row)).not.toContain('datapoints');
  });
});

const aMapping = async () => {
  const instance = await insert(fork(), PluginInstance, {
    pluginId: 'p',
    instanceName: randomUUID(),
    user: user.publicId,
  });
  return await insert(fork(), ChannelMapping, {
    instance: instance.id,
    channelId: 'c',
    channelName: 'C',
    direction: 'input',
    unit: 'K',
    event: air.publicId,
  });
};

test('a column that a layout calls otherwise is joined, filtered by and printed under the same name', async () => {
  const mapping = await aMapping();
  const em = fork();
  const name = wrap(await em.findOneOrFail(PluginInstance, { id: mapping.instance.id })).toObject().instanceName;
  const where = { instance: { instanceName: name } };
  const found = await em.findOneOrFail(ChannelMapping, where, { populate: ['instance.channelMappings'] });
  expect(found.instance.$.channelMappings.getItems()).toEqual([found]);
  expect(toRow(em, ChannelMapping, found)).toMatchObject({ instance_id: mapping.instance.id });
});

test('two databases, and one that knows a part, do not disturb each other', async () => {
  await using other = await freshDatabase('server-roles');
  await using own = await freshDatabase('own');
  await using second = await openDatabase(other);
  await using third = await openDatabase(own, [Event]);
  const made = [];
  for (const { em } of [opened, second, third, opened]) {
    const owner = await insert(em, User, { username: randomUUID(), email: randomUUID(), hashedPassword: 'x' });
    const definition = { name: randomUUID(), unit: 'K', minValue: 0, maxValue: 1, eventType: 'sensor' } as const;
    const event = em.create(Event, { ...definition, user: owner });
    await em.flush();
    event.unit = 'bar';
    await em.flush();
    made.push(await em.findOneOrFail(Event, { user: { username: owner.username } }, { refresh: true }));
  }
  expect(made.map(({ unit }) => unit)).toEqual(['bar', 'bar', 'bar', 'bar']);
  const populated = await second.em.findOneOrFail(User, { events: { unit: 'bar' } }, { populate: ['events'] });
  expect(populated.events).toHaveLength(1);
});
