import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../database/query.ts';
import { getOr404, insert } from '../database/repository.ts';
import { Dashboard } from '../entities/index.ts';
import { ConflictError } from '../errors.ts';
import { rowName, shortText } from './checks.ts';

export type DashboardRow = Dashboard;

export interface DashboardDefinition {
  name: string;
  /** Whether everybody sees it, and not its owner alone. */
  isGlobal: boolean;
}

/**
 * Makes a dashboard that belongs to a user, whose dashboards have different names; others may use the same name.
 * @param tolerant whether one of that name is taken as it is
 * @returns the dashboard, and whether it was made now
 * @throws InvalidInputError, ConflictError
 */
export async function createDashboard(
  em: EntityManager,
  { name, isGlobal }: DashboardDefinition,
  userPublicId: string,
  tolerant: boolean,
): Promise<{ item: DashboardRow; created: boolean }> {
  shortText('name', name);
  return await withDashboardsOf(em, userPublicId, async (inner) => {
    const existing = await inner.findOne(Dashboard, { name, user: userPublicId }, { orderBy: { id: 'asc' } });
    if (existing && !tolerant) {
      throw taken(name);
    }
    return existing
      ? { item: existing, created: false }
      : {
          item: await insert(inner, Dashboard, { name: rowName('name', name), isGlobal, user: userPublicId }),
          created: true,
        };
  });
}

/**
 * Changes what is given of a dashboard.
 * @throws InvalidInputError, ConflictError
 */
export async function updateDashboard(
  em: EntityManager,
  { publicId, user, name: before }: DashboardRow,
  change: Partial<DashboardDefinition>,
): Promise<DashboardRow> {
  return await withDashboardsOf(em, user.publicId, async (inner) => {
    const { name } = change;
    if (name !== undefined) {
      rowName('name', name, before);
      if (await inner.findOne(Dashboard, { name, user: user.publicId, publicId: { $ne: publicId } })) {
        throw taken(name);
      }
    }
    const dashboard = await getOr404(inner, Dashboard, publicId, 'Dashboard');
    inner.assign(dashboard, change);
    await inner.flush();
    return dashboard;
  });
}

/** How many widgets each of the dashboards has, by id; those without any are left out. */
export async function widgetCounts(
  em: EntityManager,
  dashboards: readonly DashboardRow[],
): Promise<Map<number, number>> {
  const rows = await query<{ dashboard_id: number; widgets: number }>(
    em,
    `select dashboard_id, count(*)::float8 as widgets from dashboard_widgets
      where dashboard_id = any (string_to_array(?, ',')::int[]) group by dashboard_id`,
    [dashboards.map(({ id }) => id).join(',')],
  );
  return new Map(rows.map(({ dashboard_id, widgets }) => [dashboard_id, widgets]));
}

/** No constraint keeps a user's names apart: the user's row is locked while one is chosen. */
async function withDashboardsOf<T>(
  em: EntityManager,
  userPublicId: string,
  work: (inner: EntityManager) => Promise<T>,
): Promise<T> {
  return await em.fork().transactional(async (inner) => {
    await query(inner, 'select id from users where public_id = ? for no key update', [userPublicId]);
    return await work(inner);
  });
}

function taken(name: string): ConflictError {
  return new ConflictError(`This user has a dashboard "${name}" already.`, {
    hint: 'Choose another name, or pass --if-not-exists when creating.',
  });
}
