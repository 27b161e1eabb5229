/** What does not compile: each line below an expected error would, with the keys as plain columns, have failed at run time, or silently. */
import type { EntityManager } from '@mikro-orm/postgresql';
import {
  Dashboard,
  type Database,
  Datapoint,
  Event,
  Experiment,
  insert,
  paginate,
  Rule,
  type User,
  Webhook,
} from '../../src/index.ts';

const RULE = { name: 'R', operator: 'gt', threshold: 1, actionType: 'log' } as const;

export async function right(em: EntityManager, user: User): Promise<void> {
  const [row] = await em.find(
    Datapoint,
    { event: { user: { username: 'ada' } } },
    { populate: ['event', 'experiment'] },
  );
  const key: string | undefined = row?.event.publicId;
  const name: string | undefined = row?.event.$.name;
  const experiment: string | undefined = row?.experiment?.$.name;
  const rule = em.create(Rule, { ...RULE, event: 'a key', user });
  em.assign(rule, { event: em.getReference(Event, 'a key') });
  await em.find(
    Dashboard,
    { widgets: { event: 'a key' } },
    { populate: ['widgets.event'], orderBy: { user: { id: 'asc' } } },
  );
  await em.find(Webhook, { deliveries: { status: 'dead_letter' } });
  await insert(em, Experiment, { name: [key, name, experiment].join(), user: user.publicId });
  await paginate(em, Event, { orderBy: { name: 'asc' }, where: { rules: { enabled: true } }, populate: ['rules'] });
}

export async function wrong(em: EntityManager, rule: Rule, database: Database): Promise<void> {
  // @ts-expect-error The key is not a property of its own: it would be set and lost.
  rule.eventPublicId = 'a key';
  // @ts-expect-error A relation is not its key.
  rule.event = 'a key';
  // @ts-expect-error What has not been populated is not there to be read.
  rule.event.$.name;
  // @ts-expect-error The key of an event is a text.
  em.assign(rule, { event: 7 });
  // @ts-expect-error The key cannot be populated; the relation can.
  await em.find(Rule, {}, { populate: ['eventPublicId'] });
  // @ts-expect-error There is no such relation.
  await em.find(Rule, {}, { populate: ['event.widget'] });
  // @ts-expect-error There is no such column behind the relation.
  await em.find(Rule, { event: { title: 'Air' } });
  // @ts-expect-error The key is not a column to filter by under another name.
  await em.find(Rule, { eventPublicId: 'a key' });
  // @ts-expect-error A webhook's key is a number.
  await em.findOne(Rule, { id: 'a key' });
  // @ts-expect-error A rule needs an event.
  await insert(em, Rule, { ...RULE, user: 'a key' });
  // @ts-expect-error A page can be ordered by one property only: more would not be kept from page to page.
  await paginate(em, Event, { orderBy: { name: 'asc', id: 'desc' } });
  // @ts-expect-error A page can be ordered by a column of its own table only.
  await paginate(em, Datapoint, { orderBy: { event: 'asc' } });
  // @ts-expect-error A filter is checked across relations too.
  await paginate(em, Datapoint, { where: { event: { nme: 'Air flow' } } });
  // @ts-expect-error What has not been asked for has not been read.
  (await paginate(em, Datapoint)).items[0]?.event.$;
  // @ts-expect-error A definition of a table is a class; its name is not enough.
  database.discover(['Event']);
}
