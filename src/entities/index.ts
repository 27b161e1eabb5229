import type { EntitySchema } from '@mikro-orm/core';
import { BlacklistToken } from './blacklist-token.ts';
import { ChannelMapping } from './channel-mapping.ts';
import { Dashboard } from './dashboard.ts';
import { DashboardWidget } from './dashboard-widget.ts';
import { Datapoint } from './datapoint.ts';
import { Event } from './event.ts';
import { Experiment } from './experiment.ts';
import { FirmwareUpdate } from './firmware-update.ts';
import { LogEntry } from './log-entry.ts';
import { PluginInstance } from './plugin-instance.ts';
import { PluginPackage } from './plugin-package.ts';
import { Rule } from './rule.ts';
import { User } from './user.ts';
import { Webhook } from './webhook.ts';
import { WebhookDelivery } from './webhook-delivery.ts';

export * from './api-token.ts';
export * from './blacklist-token.ts';
export * from './channel-mapping.ts';
export * from './dashboard.ts';
export * from './dashboard-widget.ts';
export * from './datapoint.ts';
export * from './event.ts';
export * from './experiment.ts';
export * from './firmware-update.ts';
export * from './log-entry.ts';
export * from './plugin-instance.ts';
export * from './plugin-package.ts';
export * from './rule.ts';
export * from './user.ts';
export * from './webhook.ts';
export * from './webhook-delivery.ts';

/** The entities of the 15 tables that every database has, parents before children. */
export const entities: EntitySchema[] = [
  User,
  Event,
  Experiment,
  Datapoint,
  LogEntry,
  BlacklistToken,
  Rule,
  Webhook,
  WebhookDelivery,
  FirmwareUpdate,
  Dashboard,
  DashboardWidget,
  PluginPackage,
  PluginInstance,
  ChannelMapping,
];
