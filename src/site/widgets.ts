import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../database/query.ts';
import { insert } from '../database/repository.ts';
import { DashboardWidget, WIDGET_TYPES } from '../entities/index.ts';
import { ConflictError, InvalidInputError, NotFoundError } from '../errors.ts';
import { parseJsonObject } from '../text/json.ts';
import { MAX_CONFIG_BYTES, oneOf, rowName, shortText } from './checks.ts';
import type { DashboardRow } from './dashboards.ts';
import { checkPlace, freePlace, overlap, type Place, placeInWords, type Size } from './grid.ts';

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

/** A widget to add; without a position the first free place is taken, without one of its parts the other decides. */
export type NewWidget = WidgetContent & Size & Partial<Place>;

/** The widgets of a dashboard, from the top, and in a row from the left. */
export async function widgetsOf(em: EntityManager, { id }: DashboardRow): Promise<WidgetRow[]> {
  return await em.find(DashboardWidget, { dashboard: id }, { orderBy: { y: 'asc', x: 'asc', id: 'asc' } });
}

/**
 * Adds a widget to a dashboard.
 * @param tolerant whether one of that title on the dashboard is taken as it is
 * @returns the widget, and whether it was made now
 * @throws InvalidInputError, ConflictError when the place is taken
 */
export async function addWidget(
  em: EntityManager,
  dashboard: DashboardRow,
  widget: NewWidget,
  tolerant: boolean,
): Promise<{ item: WidgetRow; created: boolean }> {
  checkPlace(widget);
  checkContent(widget);
  const { x, y, w, h, title, eventPublicId, configJson } = widget;
  const widgetType = oneOf('type', widget.widgetType, WIDGET_TYPES);
  return await withWidgetsOf(em, dashboard, async (inner, widgets) => {
    const existing = tolerant ? widgets.find((one) => one.title === title) : undefined;
    if (existing) {
      return { item: existing, created: false };
    }
    rowName('title', title);
    const fixed = { ...(x === undefined ? {} : { x }), ...(y === undefined ? {} : { y }) };
    const place = freePlace({ w, h }, widgets, fixed);
    if (!place) {
      throw noRoom({ w, h, ...fixed }, widgets);
    }
    const content = { widgetType, title, event: eventPublicId, configJson };
    return {
      item: await insert(inner, DashboardWidget, { ...content, ...place, dashboard: dashboard.id }),
      created: true,
    };
  });
}

/**
 * Changes what is given of a widget: what it shows, its place, its size.
 * @throws InvalidInputError, ConflictError when the place is taken
 */
export async function updateWidget(
  em: EntityManager,
  dashboard: DashboardRow,
  { publicId }: WidgetRow,
  change: Partial<WidgetContent & Place>,
): Promise<WidgetRow> {
  checkContent(change);
  const { widgetType, eventPublicId, ...rest } = change;
  const event = eventPublicId === undefined ? {} : { event: eventPublicId };
  const type = widgetType === undefined ? {} : { widgetType: oneOf('type', widgetType, WIDGET_TYPES) };
  return await withWidgetsOf(em, dashboard, async (inner, widgets) => {
    const widget = widgets.find((one) => one.publicId === publicId);
    if (!widget) {
      throw new NotFoundError('The widget has been removed meanwhile.');
    }
    rowName('title', change.title ?? widget.title, widget.title);
    const { x, y, w, h, ...content } = { ...placeOf(widget), ...rest };
    const place = { x, y, w, h };
    const others = widgets.filter((one) => one !== widget);
    // One that stays where the server has put it, overlap or not, can still be given another title.
    if (placeInWords(place) !== placeInWords(widget)) {
      checkPlace(place);
      if (others.some((other) => overlap(place, other))) {
        throw noRoom(place, others);
      }
    }
    inner.assign(widget, { ...content, ...event, ...type, ...place });
    await inner.flush();
    return widget;
  });
}

/** The dashboard is locked, so that two at once cannot both find the same place free. */
async function withWidgetsOf<T>(
  em: EntityManager,
  dashboard: DashboardRow,
  work: (inner: EntityManager, widgets: WidgetRow[]) => Promise<T>,
): Promise<T> {
  return await em.fork().transactional(async (inner) => {
    const found = await query(inner, 'select id from dashboards where id = ? for no key update', [dashboard.id]);
    if (found.length === 0) {
      throw new NotFoundError(`Dashboard "${dashboard.name}" has been deleted meanwhile.`);
    }
    return await work(inner, await widgetsOf(inner, dashboard));
  });
}

function noRoom(wanted: Size & Partial<Place>, widgets: readonly WidgetRow[]): ConflictError {
  const { x, y, w, h } = wanted;
  const free = freePlace({ w, h }, widgets);
  const hint = `${free ? `${placeInWords(free)} is free. ` : ''}"webmacs dashboards show" draws what is where.`;
  if (x === undefined || y === undefined) {
    return new ConflictError(`Row ${y} has no room for a widget of ${w}×${h}.`, { hint });
  }
  const place = { x, y, w, h };
  const others = widgets.filter((widget) => overlap(place, widget));
  const names = others.map((widget) => `"${widget.title}" (${placeInWords(widget)})`);
  return new ConflictError(`A widget of ${placeInWords(place)} would overlap ${names.join(' and ')}.`, { hint });
}

function placeOf({ x, y, w, h }: WidgetRow): Place {
  return { x, y, w, h };
}

function checkContent({ title, configJson }: Partial<WidgetContent>): void {
  if (title !== undefined) {
    shortText('title', title);
  }
  if (typeof configJson === 'string') {
    checkConfig(configJson);
  }
}

function checkConfig(text: string): void {
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) {
    throw new InvalidInputError(`The configuration is too large: at most ${MAX_CONFIG_BYTES} bytes.`);
  }
  parseJsonObject(text, 'The configuration', '{"color": "red"}');
}
