import type { EntitySchema } from '@mikro-orm/core';
import { BlacklistTokenSchema } from './blacklist-token.ts';
import { ChannelMappingSchema } from './channel-mapping.ts';
import { DashboardSchema } from './dashboard.ts';
import { DashboardWidgetSchema } from './dashboard-widget.ts';
import { DatapointSchema } from './datapoint.ts';
import { EventSchema } from './event.ts';
import { ExperimentSchema } from './experiment.ts';
import { FirmwareUpdateSchema } from './firmware-update.ts';
import { LogEntrySchema } from './log-entry.ts';
import { PluginInstanceSchema } from './plugin-instance.ts';
import { PluginPackageSchema } from './plugin-package.ts';
import { RuleSchema } from './rule.ts';
import { UserSchema } from './user.ts';
import { WebhookSchema } from './webhook.ts';
import { WebhookDeliverySchema } from './webhook-delivery.ts';

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

/** The definitions of the 15 tables that all databases have, parents before children. */
export const entities: EntitySchema[] = [
  UserSchema,
  EventSchema,
  ExperimentSchema,
  DatapointSchema,
  LogEntrySchema,
  BlacklistTokenSchema,
  RuleSchema,
  WebhookSchema,
  WebhookDeliverySchema,
  FirmwareUpdateSchema,
  DashboardSchema,
  DashboardWidgetSchema,
  PluginPackageSchema,
  PluginInstanceSchema,
  ChannelMappingSchema,
];
