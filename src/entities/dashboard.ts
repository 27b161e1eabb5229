import { defineEntity, p } from '@mikro-orm/core';
import { flag, ids, now } from './columns.ts';
import { DashboardWidget } from './dashboard-widget.ts';
import { User } from './user.ts';

export const DashboardSchema = defineEntity({
  name: 'Dashboard',
  tableName: 'dashboards',
  properties: {
    ...ids(),
    name: p.string().length(255).index(),
    isGlobal: flag(false),
    user: () => p.manyToOne(User).joinColumn('user_public_id').index().deleteRule('cascade').ref(),
    createdOn: now(),
    widgets: () => p.oneToMany(DashboardWidget).mappedBy('dashboard'),
  },
});

/** A custom layout of widgets; a global one is shown to all users. */
export class Dashboard extends DashboardSchema.class {}
DashboardSchema.setClass(Dashboard);
