import { afterAll, describe, expect, test } from 'vitest';
import { paginate } from '../../src/database/paginate.ts';
import { Datapoint, Event, Experiment, User, Webhook, WebhookDelivery } from '../../src/entities/index.ts';
import { relatedRows } from '../support/relations.ts';
import { aDelivery, aWebhook } from '../support/webhook.ts';

const laboratory = await relatedRows();
afterAll(() => laboratory[Symbol.asyncDispose]());
const { database, opened, user, air, bed, run } = laboratory;
const fork = () => opened.em;

describe('populate', () => {
  test.each(['select-in', 'joined'] as const)('reads one row, and what that refers to, %s', async (strategy) => {
    const em = fork();
    const rows = await em.find(
      Datapoint,
      { event: air.publicId },
      { populate: ['event.user', 'experiment'], strategy, orderBy: { id: 'asc' } },
    );
    expect(rows.map(({ event }) => event.$.user.$.username)).toEqual(['ada', 'ada', 'ada']);
    expect(rows[0]?.experiment?.$.name).toBe('Run 7');
  });

  test.each(['select-in', 'joined'] as const)('reads the rows that refer to one, %s', async (strategy) => {
    const em = fork();
    const experiment = await em.findOneOrFail(Experiment, { name: 'Run 7' }, { populate: ['datapoints'], strategy });
    expect(experiment.datapoints.getItems().map(({ value }) => value)).toEqual([0, 1, 2]);
    const owner = await em.findOneOrFail(User, { username: 'ada' }, { populate: ['events'], strategy });
    expect(owner.events.getItems().map(({ name }) => name)).toEqual(expect.arrayContaining([air.name, bed.name]));
  });

  test('reads them across an id, too', async () => {
    const { id } = await aWebhook(database, { owner: user.publicId });
    const { publicId } = await aDelivery(database, id);
    const webhook = await fork().findOneOrFail(Webhook, { id }, { populate: ['deliveries'] });
    expect(webhook.deliveries.getItems().map((delivery) => delivery.publicId)).toEqual([publicId]);
    const delivery = await fork().findOneOrFail(WebhookDelivery, { publicId }, { populate: ['webhook'] });
    expect([delivery.webhook.id, delivery.webhook.$.url]).toEqual([id, webhook.url]);
  });

  test('of a page does not change how many rows it has', async () => {
    const where = { publicId: [air.publicId, bed.publicId] };
    const request = { pageSize: 2, orderBy: { name: 'asc' } as const, populate: ['datapoints', 'user'] as const };
    const { items, total } = await paginate(fork(), Event, { ...request, where });
    expect([items.length, total]).toEqual([2, await fork().count(Event, where)]);
    expect(items.map(({ datapoints }) => datapoints.length)).toEqual([3, 2]);
    expect(items[0]?.user.$.username).toBe('ada');
  });
});

describe('a filter', () => {
  const values = async (where: Parameters<typeof paginate<Datapoint>>[2]) =>
    (await paginate(fork(), Datapoint, { orderBy: { id: 'asc' }, ...where })).items.map(({ value }) => value);

  test('by the key needs no join', async () => {
    const { sql } = fork()
      .createQueryBuilder(Datapoint)
      .where({ event: air.publicId, experiment: { $in: [run.publicId] } })
      .orderBy({ event: 'asc' })
      .toQuery();
    expect(sql).not.toMatch(/join/);
    expect(await values({ where: { event: air.publicId } })).toEqual([0, 1, 2]);
    expect(await values({ where: { event: { publicId: bed.publicId } } })).toEqual([0, 1]);
  });

  test('takes an entity, and null', async () => {
    const event = await fork().findOneOrFail(Event, { name: 'Air flow' });
    expect(await values({ where: { event } })).toEqual([0, 1, 2]);
    expect(await values({ where: { experiment: null } })).toEqual([0, 1]);
  });

  test('reaches across relations', async () => {
    expect(await values({ where: { event: { name: 'Air flow' } } })).toEqual([0, 1, 2]);
    expect(await values({ where: { event: { user: { username: 'ada' } }, value: { $gt: 0 } } })).toEqual([1, 2, 1]);
    expect(await values({ where: { experiment: { name: { $like: 'Run%' } } } })).toEqual([0, 1, 2]);
  });

  test('reaches across the other side, and finds each row once', async () => {
    const where = { datapoints: { value: { $gte: 0 } } };
    const { items, total } = await paginate(fork(), Event, { where, orderBy: { name: 'asc' } });
    expect([items.map(({ name }) => name), total]).toEqual([['Air flow', 'Bed temperature'], 2]);
    expect(await fork().count(Event, { datapoints: { $none: {} }, name: 'Air flow' })).toBe(0);
  });

  test('orders by a column of another table', async () => {
    const rows = await fork().find(Datapoint, {}, { orderBy: { event: { name: 'desc' }, value: 'desc' } });
    expect(rows.map(({ value }) => value)).toEqual([1, 0, 2, 1, 0]);
  });

  test('joins in a query builder', async () => {
    const query = fork().createQueryBuilder(Datapoint, 'd').innerJoin('d.event', 'e').where({ 'e.name': 'Air flow' });
    expect(await query.getCount()).toBe(3);
  });
});
