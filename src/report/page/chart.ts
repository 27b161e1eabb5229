import UPlot from 'uplot';
import { placeIn, rangeOf, type ValueRange, type ValueTick, valueTicks } from '../../plot/value-ticks.ts';
import type { ChartLine, ChartOptions } from './chart-options.ts';
import { type Columns, columnsOf, NO_POINTS, valueAt } from './columns.ts';
import { drawBehind, drawThresholds } from './drawing.ts';
import { addGestures, panWith } from './gestures.ts';
import { colourOf, colours, dashOf, onThemeChange } from './theme.ts';

/** The width of the labels on the left. */
export const AXIS_PIXELS = 58;
export const EDGE_PIXELS = 30;
const COLUMN_PIXELS = 1.5;
const PIXELS_PER_TIME = 90;
const PIXELS_PER_VALUE = 26;
const FONT = '12px system-ui, sans-serif';
/** Points are drawn as dots where they are at least this far apart. */
const DOT_PIXELS = 12;
/** The cursors of all charts of a page are at the same time. */
const SYNC = 'page';

/** A chart of lines over time. */
export class LineChart {
  readonly #options: ChartOptions;
  readonly #plot: UPlot;
  #columns: Columns;
  /** The values from the bottom to the top. */
  #range: ValueRange = { min: 0, max: 1 };

  constructor(parent: HTMLElement, options: ChartOptions) {
    this.#options = options;
    this.#columns = this.#read(parent.clientWidth);
    this.#plot = new UPlot(this.#plotOptions(parent.clientWidth), this.#data(), parent);
    addGestures(this.#plot.over, options.view);
    options.view.onChange(() => this.redraw());
    onThemeChange(() => this.#plot.redraw(false));
  }

  /** Reads the data again, and draws them. */
  redraw(): void {
    this.#columns = this.#read(this.#plot.width);
    this.#plot.setData(this.#data());
  }

  resize(width: number): void {
    if (width !== this.#plot.width) {
      this.#plot.setSize({ width, height: this.#options.height });
      this.redraw();
    }
  }

  /** Moves the cursors of all charts to a time, or removes them. */
  point(time: number | undefined): void {
    const { view } = this.#options;
    const left = time === undefined ? -10 : ((time - view.from) / view.span) * this.#plot.over.clientWidth;
    for (const plot of UPlot.sync(SYNC).plots) {
      plot.setCursor({ left, top: time === undefined ? -10 : 1 });
    }
  }

  #read(width: number): Columns {
    const { lines, view } = this.#options;
    const shown = lines.map(({ isShown, curve, gaps }) => (isShown ? { curve, gaps } : { curve: NO_POINTS, gaps: [] }));
    return columnsOf(shown, view.from, view.to, Math.max(10, Math.round((width - AXIS_PIXELS) / COLUMN_PIXELS)));
  }

  /** Returns the values as places from 0 to 1: uPlot has no ticks above 1e33, and no line where a difference is not finite. */
  #data(): UPlot.AlignedData {
    const { times, values } = this.#columns;
    this.#range = this.#rangeOf(values);
    return [times, ...values.map((line) => line.map((value) => (value == null ? value : this.#placeOf(value))))];
  }

  #placeOf(value: number): number {
    return placeIn(value, this.#range);
  }

  #plotOptions(width: number): UPlot.Options {
    const { height, view, clock } = this.#options;
    const axis: UPlot.Axis = {
      stroke: () => colours().muted,
      font: FONT,
      gap: 6,
      ticks: { show: false },
      grid: { stroke: () => colours().grid, width: 1 },
    };
    const times = (plot: UPlot) =>
      clock.ticks(view.from, view.to, places(plot.over.clientWidth || width, PIXELS_PER_TIME));
    return {
      width,
      height,
      padding: [10, EDGE_PIXELS, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: false, range: () => [view.from, view.to] },
        y: { range: () => [0, 1] },
      },
      axes: [
        {
          ...axis,
          size: 42,
          splits: (plot) => times(plot).map(({ at }) => at),
          values: (plot) =>
            times(plot).map(({ label, context, offset }) => [label, offset ?? context ?? ''].join('\n')),
        },
        {
          ...axis,
          size: AXIS_PIXELS,
          splits: (plot) => this.#ticks(plot).map(({ at }) => this.#placeOf(at)),
          values: (plot) => this.#ticks(plot).map(({ label }) => label),
        },
      ],
      series: [{}, ...this.#options.lines.map((line, at) => this.#series(line, at))],
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        sync: { key: SYNC, filters: { pub: (type) => /^mouse(move|enter|leave)$/.test(type) } },
        points: { size: 6 },
        bind: {
          dblclick: () => () => {
            view.showAll();
            return null;
          },
          mousedown: (plot, _, handler) => (event) => {
            if (event.shiftKey) {
              panWith(event, plot.over, view);
            } else {
              handler(event);
            }
            return null;
          },
        },
      },
      hooks: {
        setSelect: [(plot) => this.#zoomToSelection(plot)],
        setCursor: [(plot) => this.#readCursor(plot)],
        drawClear: [(plot) => drawBehind(plot, this.#options)],
        draw: [(plot) => drawThresholds(plot, this.#options, (value) => this.#placeOf(value))],
      },
    };
  }

  #series({ colour }: ChartLine, at: number): UPlot.Series {
    return {
      stroke: () => colourOf(colour),
      dash: dashOf(colour),
      width: 1.5,
      points: {
        size: 5,
        fill: () => colourOf(colour),
        show: true,
        filter: (plot) => this.#dots(plot, at),
      },
    };
  }

  /** The places of dots: of all points where they are far apart, else of those that no line reaches. */
  #dots(plot: UPlot, line: number): number[] {
    const { values, points } = this.#columns;
    const areFew = (points[line] ?? 0) * DOT_PIXELS < plot.over.clientWidth;
    const dots: number[] = [];
    let isAlone = true;
    let last: number | undefined;
    values[line]?.forEach((value, place) => {
      if (value === undefined) {
        return;
      }
      if (value === null || areFew) {
        if (last !== undefined && (isAlone || areFew)) {
          dots.push(last);
        }
        last = value === null ? undefined : place;
        isAlone = true;
      } else {
        isAlone = last === undefined;
        last = place;
      }
    });
    return last !== undefined && (isAlone || areFew) ? [...dots, last] : dots;
  }

  /** Thresholds are shown unless they would make the lines flat. */
  #rangeOf(lines: Columns['values']): ValueRange {
    const thresholds = this.#options.thresholds.map(({ value }) => value);
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of lines.flat()) {
      [low, high] = [Math.min(low, value ?? low), Math.max(high, value ?? high)];
    }
    if (low > high) {
      return thresholds.length > 0
        ? { min: Math.min(...thresholds) - 1, max: Math.max(...thresholds) + 1 }
        : { min: 0, max: 1 };
    }
    const { min, max } = rangeOf(low, high);
    const span = max - min;
    const near = thresholds.filter((value) => value > min - span && value < max + span);
    const [from, to] = [Math.min(min, ...near), Math.max(max, ...near)];
    const margin = 0.05 * to - 0.05 * from;
    return { min: Math.max(from - margin, -Number.MAX_VALUE), max: Math.min(to + margin, Number.MAX_VALUE) };
  }

  #ticks(plot: UPlot): ValueTick[] {
    return valueTicks(this.#range, places(plot.over.clientHeight || this.#options.height, PIXELS_PER_VALUE));
  }

  #zoomToSelection(plot: UPlot): void {
    const { left, width } = plot.select;
    if (width > 2) {
      plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      this.#options.view.show(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
    }
  }

  #readCursor(plot: UPlot): void {
    const { lines, view, onCursor } = this.#options;
    const { left = -1 } = plot.cursor;
    if (left < 0) {
      onCursor(undefined, []);
    } else {
      const time = plot.posToVal(left, 'x');
      const width = (view.span / (plot.over.clientWidth || 1)) * COLUMN_PIXELS;
      onCursor(
        time,
        lines.map((line) => (line.isShown ? valueAt(line, time, width) : undefined)),
      );
    }
  }
}

function places(pixels: number, each: number): number {
  return Math.max(2, Math.floor(pixels / each));
}
