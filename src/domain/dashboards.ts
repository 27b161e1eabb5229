import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../database/query.ts';
import { getOr404, insert, saveChanges } from '../database/repository.ts';
import { Dashboard } from '../entities/index.ts';
import { ConflictError } from '../errors.ts';
import { rowName, shortText } from './checks.ts';
import { type OwnerChange, ownerOf } from './ownership.ts';

export type DashboardRow = Dashboard;

export interface DashboardDefinition {
  name: string;
  /** Whether all users see it, not only its owner. */
  isGlobal: boolean;
}

/**
 * Creates a dashboard. Its name is unique among those of its owner.
 * @param ifNotExists returns the existing dashboard of that name instead of throwing
 * @returns the dashboard, and whether it is new
 * @throws InvalidInputError, ConflictError
 */
export async function createDashboard(
  em: EntityManager,
  { name, isGlobal }: DashboardDefinition,
  userPublicId: string,
  ifNotExists: boolean,
): Promise<{ item: DashboardRow; created: boolean }> {
  shortText('name', name);
  return await withDashboardsOf(em, userPublicId, async (inner) => {
    const existing = await inner.findOne(Dashboard, { name, user: userPublicId }, { orderBy: { id: 'asc' } });
    if (existing && !ifNotExists) {
      throw taken(name);
    }
    if (existing) {
      return { item: existing, created: false };
    }
    rowName('name', name);
    return { item: await insert(inner, Dashboard, { name, isGlobal, user: userPublicId }), created: true };
  });
}

/**
 * Changes the given properties of a dashboard.
 * @throws InvalidInputError, ConflictError
 */
export async function updateDashboard(
  em: EntityManager,
  { publicId, user, name: before }: DashboardRow,
  { name = before, userPublicId: owner = user.publicId, ...change }: Partial<DashboardDefinition> & OwnerChange,
): Promise<DashboardRow> {
  return await withDashboardsOf(em, owner, async (inner) => {
    rowName('name', name, before);
    const isMoved = name !== before || owner !== user.publicId;
    if (isMoved && (await inner.findOne(Dashboard, { name, user: owner, publicId: { $ne: publicId } }))) {
      throw taken(name);
    }
    const row = await getOr404(inner, Dashboard, publicId, 'Dashboard');
    return await saveChanges(inner, row, { ...change, name, ...ownerOf({ userPublicId: owner }) });
  });
}

/** Returns the number of widgets by the id of the dashboard; dashboards without widgets are omitted. */
export async function widgetCounts(
  em: EntityManager,
  dashboards: readonly DashboardRow[],
): Promise<Map<number, number>> {
  const rows = await query<{ dashboard_id: number; widgets: number }>(
    em,
    `select dashboard_id, count(*)::float8 as widgets from dashboard_widgets
      where dashboard_id = any (string_to_array(?, ',')::bigint[]) group by dashboard_id`,
    [dashboards.map(({ id }) => id).join(',')],
  );
  return new Map(rows.map(({ dashboard_id, widgets }) => [dashboard_id, widgets]));
}

/** Locks the user's row: no constraint makes the names of a user's dashboards unique. */
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
  return new ConflictError(`This user already has a dashboard "${name}".`, {
    hint: 'Choose another name, or pass --if-not-exists when creating.',
  });
}
