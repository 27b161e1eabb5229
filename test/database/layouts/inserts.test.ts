import { expect, test } from 'vitest';
import {
  BlacklistToken,
  ChannelMapping,
  Dashboard,
  DashboardWidget,
  Datapoint,
  Event,
  Experiment,
  FirmwareUpdate,
  LogEntry,
  PluginInstance,
  PluginPackage,
  Rule,
  User,
  Webhook,
  WebhookDelivery,
} from '../../../src/entities/index.ts';
import { freshDatabase, openDatabase } from '../../support/database.ts';

test('of every entity a row with nothing but what it must have can be made, read and changed', async () => {
  await using fresh = await freshDatabase();
  await using database = await openDatabase(fresh);
  const em = database.em.fork();
  const made = async <T extends object>(row: T): Promise<T> => {
    await em.flush();
    return row;
  };
  const { publicId: user } = await made(
    em.create(User, { username: 'ada', email: 'ada@lab.org', hashedPassword: 'x' }),
  );
  const { publicId: event } = await made(
    em.create(Event, { name: 'T', unit: 'K', minValue: 0, maxValue: 1, eventType: 'sensor', user }),
  );
  const webhook = await made(em.create(Webhook, { url: 'http://x', events: '[]', user }));
  const dashboard = await made(em.create(Dashboard, { name: 'D', user }));
  const plugin = await made(em.create(PluginInstance, { pluginId: 'p', instanceName: 'i', user }));
  const rows = [
    em.create(Experiment, { name: 'E', user }),
    em.create(Datapoint, { value: 1, event }),
    em.create(LogEntry, { content: 'x', user }),
    em.create(BlacklistToken, { token: 't' }),
    em.create(Rule, { name: 'R', event, operator: 'gt', threshold: 1, actionType: 'log', user }),
    em.create(WebhookDelivery, { webhook: webhook.id, eventType: 'sensor.reading', payload: '{}' }),
    em.create(FirmwareUpdate, { version: '1.0.0' }),
    em.create(DashboardWidget, { dashboard: dashboard.id, widgetType: 'gauge', title: 'W' }),
    em.create(PluginPackage, { packageName: 'k', version: '1', source: 'uploaded', pluginIds: '[]' }),
    em.create(ChannelMapping, {
      instance: plugin.id,
      channelId: 'c',
      channelName: 'C',
      direction: 'input',
      unit: 'K',
      event,
    }),
  ];
  await em.flush();
  expect(rows.map(({ id }) => id)).toEqual(rows.map(() => 1));
  const before = plugin.updatedOn;
  plugin.status = 'error';
  await em.flush();
  em.clear();
  const [again] = await em.find(PluginInstance, { status: 'error' });
  expect(again).toMatchObject({ status: 'error', demoMode: false, enabled: true });
  expect(again?.updatedOn).not.toBe(before);
  expect(await em.find(Rule, { operator: { $in: ['gt', 'lt'] } })).toHaveLength(1);
});
