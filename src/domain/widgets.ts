import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../database/query.ts';
import { insert, saveChanges } from '../database/repository.ts';
import { DashboardWidget, WIDGET_TYPES } from '../entities/index.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import { checkConfig, oneOf, rowName, shortText } from './checks.ts';
import type { DashboardRow } from './dashboards.ts';
import { checkRect, describeRect, findFreeRect, type GridRect, overlap, type Size } from './grid.ts';

export type WidgetRow = DashboardWidget;

/** What a widget shows. */
export interface WidgetContent {
  /** One of WIDGET_TYPES. */
  widgetType: string;
  title: string;
  eventPublicId: string | null;
  /** A JSON object, as text. */
  configJson: string | null;
}

/** A widget to add; without x or y, it takes the first free position that matches the other one. */
export type NewWidget = WidgetContent & Size & { x?: number | undefined; y?: number | undefined };

/** Returns the widgets of a dashboard from top to bottom, and from left to right within a row. */
export async function widgetsOf(em: EntityManager, { id }: DashboardRow): Promise<WidgetRow[]> {
  return await em.find(DashboardWidget, { dashboard: id }, { orderBy: { y: 'asc', x: 'asc', id: 'asc' } });
}

/**
 * Adds a widget to a dashboard.
 * @param ifNotExists returns the existing widget of that title instead of adding another
 * @returns the widget, and whether it is new
 * @throws InvalidInputError; ConflictError if the position is taken
 */
export async function addWidget(
  em: EntityManager,
  dashboard: DashboardRow,
  { x, y, ...widget }: NewWidget,
  ifNotExists: boolean,
): Promise<{ item: WidgetRow; created: boolean }> {
  const fixed = defined({ x, y });
  checkRect({ ...widget, ...fixed });
  checkContent(widget);
  const { w, h, title, eventPublicId, configJson } = widget;
  const widgetType = oneOf('type', widget.widgetType, WIDGET_TYPES);
  return await withWidgetsOf(em, dashboard, async (inner, widgets) => {
    const existing = ifNotExists ? widgets.find((one) => one.title === title) : undefined;
    if (existing) {
      return { item: existing, created: false };
    }
    rowName('title', title);
    const rect = findFreeRect({ w, h }, widgets, fixed);
    if (!rect) {
      throw noRoom({ w, h, ...fixed }, widgets);
    }
    const content = { widgetType, title, event: eventPublicId, configJson, dashboard: dashboard.id };
    return { item: await insert(inner, DashboardWidget, { ...content, ...rect }), created: true };
  });
}

/**
 * Changes the given properties of a widget: its content, position or size.
 * @throws InvalidInputError; ConflictError if the position is taken
 */
export async function updateWidget(
  em: EntityManager,
  dashboard: DashboardRow,
  { publicId }: WidgetRow,
  change: Partial<WidgetContent & GridRect>,
): Promise<WidgetRow> {
  checkContent(change);
  const { widgetType, eventPublicId, ...rest } = change;
  const references = defined({
    event: eventPublicId,
    widgetType: widgetType === undefined ? undefined : oneOf('type', widgetType, WIDGET_TYPES),
  });
  return await withWidgetsOf(em, dashboard, async (inner, widgets) => {
    const widget = widgets.find((one) => one.publicId === publicId);
    if (!widget) {
      throw new NotFoundError('The widget was removed in the meantime.');
    }
    rowName('title', change.title ?? widget.title, widget.title);
    const { x = widget.x, y = widget.y, w = widget.w, h = widget.h, ...content } = rest;
    const rect = { x, y, w, h };
    const others = widgets.filter((one) => one !== widget);
    // A widget that the server has placed over another can be renamed without being moved.
    if (describeRect(rect) !== describeRect(widget)) {
      checkRect(rect);
      if (others.some((other) => overlap(rect, other))) {
        throw noRoom(rect, others);
      }
    }
    return await saveChanges(inner, widget, { ...content, ...references, ...rect });
  });
}

/** Locks the dashboard, so that two sessions cannot take the same position. */
async function withWidgetsOf<T>(
  em: EntityManager,
  dashboard: DashboardRow,
  work: (inner: EntityManager, widgets: WidgetRow[]) => Promise<T>,
): Promise<T> {
  return await em.fork().transactional(async (inner) => {
    const found = await query(inner, 'select id from dashboards where id = ? for no key update', [dashboard.id]);
    if (found.length === 0) {
      throw new NotFoundError(`Dashboard "${dashboard.name}" was deleted in the meantime.`);
    }
    return await work(inner, await widgetsOf(inner, dashboard));
  });
}

function noRoom(wanted: Size & Partial<GridRect>, widgets: readonly WidgetRow[]): ConflictError {
  const { x, y, w, h } = wanted;
  const free = findFreeRect({ w, h }, widgets);
  const hint = `${free ? `${describeRect(free)} is free. ` : ''}"webmacs dashboards show" draws the layout.`;
  if (x === undefined || y === undefined) {
    return new ConflictError(`Row ${y} has no room for a widget of ${w}×${h}.`, { hint });
  }
  const rect = { x, y, w, h };
  const others = widgets.filter((widget) => overlap(rect, widget));
  const names = others.map((widget) => `"${widget.title}" (${describeRect(widget)})`);
  return new ConflictError(`A widget of ${describeRect(rect)} would overlap ${names.join(' and ')}.`, { hint });
}

/** @throws InvalidInputError */
export function checkContent({ title, configJson }: Partial<WidgetContent>): void {
  if (title !== undefined) {
    shortText('title', title);
  }
  if (typeof configJson === 'string') {
    checkConfig(configJson);
  }
}
