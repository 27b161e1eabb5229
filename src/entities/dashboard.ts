import { defineEntity, p } from '@mikro-orm/core';
import { flag, publicId } from './columns.ts';
import { DashboardWidget } from './dashboard-widget.ts';
import { TimestampType } from './types.ts';
import { User } from './user.ts';

export const DashboardSchema = defineEntity({
  name: 'Dashboard',
  tableName: 'dashboards',
  properties: {
    id: p.integer().primary(),
    publicId: publicId(),
    name: p.string().length(255).index(),
    isGlobal: flag(false),
    user: () => p.manyToOne(User).joinColumn('user_public_id').index().deleteRule('cascade').ref(),
    createdOn: p.type(TimestampType).defaultRaw('now()'),
    widgets: () => p.oneToMany(DashboardWidget).mappedBy('dashboard'),
  },
});

/** A custom layout of widgets; a global one is shown to all users. */
export class Dashboard extends DashboardSchema.class {}
DashboardSchema.setClass(Dashboard);
