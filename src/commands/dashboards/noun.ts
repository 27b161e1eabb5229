import { Dashboard } from '../../entities/index.ts';
import type { DashboardRow } from '../../site/dashboards.ts';
import type { Noun } from '../standard/noun.ts';

export const DASHBOARDS: Noun<DashboardRow> = {
  entity: Dashboard,
  singular: 'dashboard',
  key: 'name',
  columns: ['name', 'owner', 'is_global', 'widgets', 'public_id'],
  orderBy: { name: 'asc' },
};
