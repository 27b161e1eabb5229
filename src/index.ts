/**
 * The data layer of WebMACS for programs: entities, shared helpers, export and import.
 *
 * @example
 * ```ts
 * import { Database, Event, paginate, targetFromUrl } from 'webmacs';
 *
 * await using database = await Database.open(targetFromUrl(url, process.env, 'DATABASE_URL'));
 * const { items, total } = await paginate(database.em, Event, { pageSize: 20, orderBy: { name: 'asc' } });
 * ```
 */
export { Database } from './database/database.ts';
export type { ServerHost } from './database/hosts.ts';
export type { Layout, LayoutName } from './database/layouts/layouts.ts';
export {
  deleteByPublicId,
  getOr404,
  type Order,
  type PageRequest,
  type PaginatedResponse,
  paginate,
  type StatusResponse,
} from './database/repository.ts';
export { resolve } from './database/resolve.ts';
export { toRow } from './database/row.ts';
export {
  describeTarget,
  type ServerTarget,
  type Target,
  targetFromEnvironment,
  targetFromUrl,
} from './database/target.ts';
export * from './entities/index.ts';
export * from './errors.ts';
