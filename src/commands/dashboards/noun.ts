import { usernamesOf } from '../../auth/users.ts';
import type { DashboardRow } from '../../domain/dashboards.ts';
import { widgetsOf } from '../../domain/widgets.ts';
import { Dashboard, DashboardWidget } from '../../entities/index.ts';
import type { Noun } from '../standard/noun.ts';
import { widgetRows } from './widgets/rows.ts';

export const DASHBOARDS: Noun<DashboardRow> = {
  entity: Dashboard,
  singular: 'dashboard',
  key: 'name',
  columns: ['name', 'owner', 'is_global', 'widget_count', 'public_id'],
  orderBy: { name: 'asc' },
  derived: {
    columns: ['owner', 'widget_count', 'widgets'],
    opens: DashboardWidget,
    rows: async (em, dashboards) => {
      const names = await usernamesOf(em, dashboards);
      const widgets = Map.groupBy(
        await widgetRows(em, await widgetsOf(em, dashboards)),
        ({ dashboard_id: dashboard }) => dashboard,
      );
      return dashboards.map(({ id, user }) => ({
        owner: names.get(user.publicId) ?? null,
        widget_count: widgets.get(id)?.length ?? 0,
        widgets: widgets.get(id) ?? [],
      }));
    },
  },
};
