/**
 * The data layer of WebMACS for programs: entities, helpers, export, import, prune and webhooks.
 *
 * In the examples, `database` is an open `Database`.
 *
 * @example
 * ```ts
 * import { Database, Event, paginate, targetFromUrl } from 'webmacs';
 *
 * await using database = await Database.open(targetFromUrl(process.env.DATABASE_URL ?? ''));
 * const { items } = await paginate(database.em, Event, { orderBy: { name: 'asc' }, populate: ['user'] });
 * for (const { name, user } of items) {
 *   console.log(name, user.publicId, user.$.username);
 * }
 * // Air flow … ada
 * // Bed temperature … ada
 * ```
 * @module
 */
export { Database, type Entity, type OpenOptions } from './database/database.ts';
export type { ServerHost } from './database/hosts.ts';
export type { Counting, Where } from './database/keyset.ts';
export type { Layout, LayoutName } from './database/layouts/layouts.ts';
export { type Order, type PageRequest, type PaginatedResponse, paginate } from './database/paginate.ts';
export { deleteByPublicId, getOr404, insert, type StatusResponse } from './database/repository.ts';
export { toRow } from './database/row.ts';
export {
  describeTarget,
  type ServerTarget,
  type Target,
  targetFromEnvironment,
  targetFromUrl,
} from './database/target.ts';
export {
  ApiToken,
  BlacklistToken,
  CHANNEL_DIRECTIONS,
  ChannelMapping,
  Dashboard,
  DashboardWidget,
  Datapoint,
  DELIVERY_STATUSES,
  EVENT_TYPES,
  Event,
  Experiment,
  FirmwareUpdate,
  LOGGING_TYPES,
  LogEntry,
  PACKAGE_SOURCES,
  PLUGIN_STATUSES,
  PluginInstance,
  PluginPackage,
  RULE_ACTIONS,
  RULE_OPERATORS,
  Rule,
  STATUS_TYPES,
  UPDATE_STATUSES,
  USER_ROLES,
  User,
  WEBHOOK_EVENT_TYPES,
  Webhook,
  WebhookDelivery,
  WIDGET_TYPES,
} from './entities/index.ts';
export * from './errors.ts';
export {
  type ExportCut,
  type ExportOptions,
  type ExportProgress,
  type ExportRequest,
  type ExportResult,
  exportExperiment,
} from './export/export-experiment.ts';
export type { Created, CreatedEvent, CreatedExperiment, CreationRequest, NewEvents } from './ingest/creation.ts';
export type { OnDuplicate } from './ingest/duplicates.ts';
export type { NamedEvent } from './ingest/event-names.ts';
export { type FollowOptions, followDatapoints, type Waiting } from './ingest/follow/follow-datapoints.ts';
export {
  type ImportOptions,
  type ImportProgress,
  type ImportSummary,
  importDatapoints,
} from './ingest/import-datapoints.ts';
export type { ImportRequest } from './ingest/import-request.ts';
export type { FileSummary, NamedSource, Pieces } from './ingest/sources.ts';
export {
  type Cutoff,
  cutoffOf,
  deadTokens,
  oldDatapoints,
  oldDeliveries,
  oldLogs,
  type PrunePlan,
} from './prune/plan.ts';
export { countPrunable, type PruneResult, prune } from './prune/prune.ts';
export type { PruneSettings } from './prune/run.ts';
export {
  type Attempt as DeliveryAttempt,
  deliver,
  type Outcome as DeliveryOutcome,
  type Policy as DeliveryPolicy,
} from './webhooks/deliver.ts';
export { newDelivery } from './webhooks/deliveries.ts';
export { sign } from './webhooks/sign.ts';
export { type Received as ReceivedDelivery, type Verdict as SignatureVerdict, verify } from './webhooks/verify.ts';
