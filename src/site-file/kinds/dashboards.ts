import { oneOf, rowName } from '../../domain/checks.ts';
import { checkRect } from '../../domain/grid.ts';
import { checkContent } from '../../domain/widgets.ts';
import { Dashboard, DashboardWidget, WIDGET_TYPES } from '../../entities/index.ts';
import type { FieldsOf, WidgetFields } from '../format.ts';
import { defineKind } from '../model.ts';
import { configField, configText, eventKey, type Owned, ownerColumn, ownerField } from './fields.ts';

export const DASHBOARDS = defineKind<Dashboard, FieldsOf<'dashboards'> & Owned>({
  name: 'dashboards',
  singular: 'dashboard',
  entity: Dashboard,
  isNamedByOwner: true,
  uniques: [],
  nameOf: ({ name }) => name,
  fieldsOf: (dashboard, names) => ({ is_global: dashboard.isGlobal, ...ownerField(dashboard, names) }),
  columns: (_em, name, { is_global: isGlobal, ...owner }, keys, before) => ({
    name: rowName('name', name, before?.name),
    isGlobal,
    ...ownerColumn(owner, keys),
  }),
});

export const WIDGETS = defineKind<DashboardWidget, WidgetFields>({
  name: 'widgets',
  singular: 'widget',
  entity: DashboardWidget,
  parent: { kind: 'dashboards', property: 'dashboard', idOf: ({ dashboard }) => dashboard.id },
  uniques: [],
  nameOf: ({ title }) => title,
  fieldsOf: ({ title, widgetType, event, configJson, x, y, w, h }, names) => ({
    title,
    widget_type: widgetType,
    event: event ? (names.events.get(event.publicId) ?? null) : null,
    config_json: configField(configJson),
    ...{ x, y, w, h },
  }),
  columns(_em, _key, { title, widget_type: type, event, config_json: config, x, y, w, h }, keys, before) {
    const [rect, configJson] = [{ x, y, w, h }, configText(config, before?.configJson)];
    checkRect(rect);
    checkContent({ title, configJson });
    const columns = { title: rowName('title', title, before?.title), configJson, ...rect };
    return { ...columns, widgetType: oneOf('type', type, WIDGET_TYPES), event: eventKey(event, keys) };
  },
});
