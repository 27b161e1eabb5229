import { usernamesOf } from '../../auth/users.ts';
import { type DashboardRow, widgetCounts } from '../../domain/dashboards.ts';
import { Dashboard } from '../../entities/index.ts';
import type { Noun } from '../standard/noun.ts';

export const DASHBOARDS: Noun<DashboardRow> = {
  entity: Dashboard,
  singular: 'dashboard',
  key: 'name',
  columns: ['name', 'owner', 'is_global', 'widget_count', 'public_id'],
  orderBy: { name: 'asc' },
  derived: {
    columns: ['owner', 'widget_count'],
    rows: async (em, dashboards) => {
      const names = await usernamesOf(em, dashboards);
      const counts = await widgetCounts(em, dashboards);
      return dashboards.map(({ id, user }) => ({
        owner: names.get(user.publicId) ?? null,
        widget_count: counts.get(id) ?? 0,
      }));
    },
  },
};
