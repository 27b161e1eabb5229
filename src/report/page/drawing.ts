import type UPlot from 'uplot';
import type { ChartOptions } from './chart-options.ts';
import { colours } from './theme.ts';

const LEAST_PIXELS = 3;

/** Draws gaps, stretches out of range and marks, behind the lines, which they must not cover. */
export function drawBehind(plot: UPlot, { lines, marks }: ChartOptions): void {
  const { ctx, bbox } = plot;
  const { gap, bad } = colours();
  const scale = pixelScale(plot);
  ctx.save();
  clip(plot);
  const shown = lines.filter(({ isShown }) => isShown);
  ctx.fillStyle = gap;
  for (const [left, width] of stretches(
    plot,
    shown.flatMap(({ gaps }) => gaps),
    1,
  )) {
    ctx.fillRect(left, bbox.top, width, bbox.height);
  }
  ctx.fillStyle = bad;
  const outOfRange = shown.flatMap((line) => line.outOfRange);
  for (const [left, width] of stretches(plot, outOfRange, LEAST_PIXELS * scale)) {
    ctx.fillRect(left, bbox.top + bbox.height - 4 * scale, width, 4 * scale);
  }
  ctx.lineWidth = scale;
  ctx.setLineDash([scale, 3 * scale]);
  for (const { at, kind } of marks) {
    const x = plot.valToPos(at, 'x', true);
    ctx.strokeStyle = markColour(kind);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

/** Draws the thresholds of rules; one that is beyond the axis is named at its edge. */
export function drawThresholds(plot: UPlot, { thresholds }: ChartOptions, placeOf: (value: number) => number): void {
  const { ctx, bbox } = plot;
  const scale = pixelScale(plot);
  ctx.save();
  clip(plot);
  ctx.strokeStyle = ctx.fillStyle = colours().bad;
  ctx.font = `600 ${11 * scale}px system-ui, sans-serif`;
  ctx.textAlign = 'right';
  ctx.lineWidth = scale;
  ctx.setLineDash([5 * scale, 4 * scale]);
  const right = bbox.left + bbox.width;
  for (const { value, text } of thresholds) {
    const y = plot.valToPos(placeOf(value), 'y', true);
    const isAbove = y < bbox.top;
    const isBelow = y > bbox.top + bbox.height;
    if (!isAbove && !isBelow) {
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(right, y);
      ctx.stroke();
    }
    const base = isAbove ? bbox.top + 12 * scale : isBelow ? bbox.top + bbox.height - 5 * scale : y - 5 * scale;
    const arrow = isAbove ? '↑ ' : isBelow ? '↓ ' : '';
    const [x, top, room] = [right - 4 * scale, Math.max(base, bbox.top + 12 * scale), bbox.width - 8 * scale];
    outline(ctx, scale, () => ctx.strokeText(`${arrow}${text}`, x, top, room));
    ctx.fillText(`${arrow}${text}`, x, top, room);
  }
  ctx.restore();
}

/** Sets text off from the lines behind it. */
function outline(ctx: CanvasRenderingContext2D, scale: number, stroke: () => void): void {
  ctx.save();
  ctx.setLineDash([]);
  ctx.lineJoin = 'round';
  ctx.lineWidth = 4 * scale;
  ctx.strokeStyle = colours().card;
  stroke();
  ctx.restore();
}

function markColour(kind: string): string {
  const { mark, warn, bad } = colours();
  return kind === 'info' ? mark : kind === 'warning' ? warn : bad;
}

/** The left end and the width of stretches in pixels, as far as they are visible; those that touch are joined. */
function stretches(
  plot: UPlot,
  ranges: readonly (readonly [number, number])[],
  least: number,
): [left: number, width: number][] {
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  const joined: [number, number][] = [];
  const visible = ranges.filter(([from, to]) => to >= min && from <= max).sort(([left], [right]) => left - right);
  for (const [from, to] of visible) {
    const start = plot.valToPos(Math.max(from, min), 'x', true);
    const width = Math.max(plot.valToPos(Math.min(to, max), 'x', true) - start, least);
    const last = joined.at(-1);
    if (last && start <= last[0] + last[1]) {
      last[1] = Math.max(last[1], start + width - last[0]);
    } else {
      joined.push([start, width]);
    }
  }
  return joined;
}

function clip({ ctx, bbox }: UPlot): void {
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
}

/** Pixels of the drawing for each of the page. */
function pixelScale({ ctx, width }: UPlot): number {
  return ctx.canvas.width / width;
}
