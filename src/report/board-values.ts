import { jsonNumber } from '../domain/datapoints.ts';
import { describeRule } from '../domain/rules.ts';
import type { LatestValue } from '../series/latest.ts';
import type { SeriesEvent } from '../series/model.ts';
import { printable } from '../text/printable.ts';
import type { BoardValue, LiveValue } from './board-data.ts';

/** Returns the last value as a page shows it; null if there is none. */
export function boardValue({ event, at, value, ageSeconds, rules }: LatestValue): BoardValue | null {
  if (value === null) {
    return null;
  }
  const met = rules.filter((rule) => rule.met).map((rule) => ruleText(rule, event));
  return { at: finite(at), value: jsonNumber(value), ageSeconds: finite(ageSeconds), met };
}

/** Returns the last values, and the extremes since those before; where none were before, the values themselves. */
export function liveValues(latest: readonly LatestValue[]): LiveValue[] {
  return latest.flatMap((each) => {
    const value = boardValue(each);
    const { low, high } = each.low === null ? { low: finite(each.value), high: finite(each.value) } : each;
    return value ? [{ ...value, id: each.event.publicId, low, high }] : [];
  });
}

/** Describes a rule by its name and its condition: `Overheat > 850 °C`. */
export function ruleText(rule: LatestValue['rules'][number], { unit }: SeriesEvent): string {
  return printable(describeRule(rule, unit));
}

function finite(value: number | null): number | null {
  return Number.isFinite(value) ? value : null;
}
