import { numberOf } from '../../cli/parse.ts';

export interface EventOptions {
  unit?: string;
  min?: string;
  max?: string;
  type?: string;
}

export function valuesOf({ unit, min, max, type }: EventOptions) {
  return {
    unit,
    minValue: min === undefined ? undefined : numberOf('--min', min),
    maxValue: max === undefined ? undefined : numberOf('--max', max),
    eventType: type,
  };
}
