import { DAY } from './calendar.ts';
import type { Clock, TimeFormat } from './clock.ts';

const DECIMAL = /^([+-]?)(\d{1,19})(?:[.,](\d*))?(?:e([+-]?\d{1,2}))?$/i;
/** How LabVIEW, oscilloscopes and power analysers count: days are not carried. */
const CLOCK = /^([+-]?)(\d{1,6}):([0-5]\d):([0-5]\d)(?:[.,](\d+))?$/;

/** The day that a spreadsheet numbers 0, and the first day that it numbers right: it takes 1900 for a leap year. */
const EXCEL_START = -25_569;
const EXCEL_FIRST = 61;
/** A spreadsheet writes 15 digits, so that the last one is 8.64 microseconds. */
const EXCEL_ERROR = 5;
/** With more digits of a day, each microsecond is meant. */
const EXCEL_FRACTION = 11;

/** Numbers of a fixed unit. A dot and a comma are both the decimal separator. */
export const NUMERIC_FORMATS: readonly TimeFormat[] = [
  { name: 'unix', parse: (text) => inUtc(decimal(text, 3)) },
  { name: 'unix_ms', parse: (text) => inUtc(decimal(text, 0)) },
  { name: 'unix_us', parse: (text) => inUtc(decimal(text, -3)) },
  { name: 'unix_ns', parse: (text) => inUtc(decimal(text, -6)) },
  { name: 'excel', parse: excel },
  { name: 'elapsed', elapsed: true, parse: (text) => clock(text) ?? decimal(text, 3) },
  { name: 'elapsed_ms', elapsed: true, parse: (text) => clock(text) ?? decimal(text, 0) },
  { name: 'elapsed_min', elapsed: true, parse: (text) => clock(text) ?? multiple(text, 60_000) },
  { name: 'elapsed_h', elapsed: true, parse: (text) => clock(text) ?? multiple(text, 3_600_000) },
];

/** @param power of ten by which the number is to be multiplied for milliseconds */
function decimal(text: string, power: number): Clock | undefined {
  const [, sign, whole, fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  if (whole === undefined) {
    return undefined;
  }
  // By moving the point in the text, for a double does not have the digits of nanoseconds.
  const point = whole.length + Number(exponent) + power;
  const digits = `${'0'.repeat(Math.max(0, 1 - point))}${whole}${fraction}`;
  const cut = Math.max(point, 1);
  const below = digits.slice(cut).padEnd(9, '0');
  return signed(
    sign === '-',
    Number(digits.slice(0, cut).padEnd(cut, '0')),
    Number(below.slice(0, 6)) + Number(below.slice(6, 9)) / 1000,
  );
}

/** Rounds to the microsecond: what was a round time in another unit is one again. */
function multiple(text: string, factor: number): Clock | undefined {
  const [, sign, whole, fraction = '', exponent] = DECIMAL.exec(text) ?? [];
  if (whole === undefined) {
    return undefined;
  }
  const milliseconds = exponent === undefined ? Number(whole) * factor : Number(text.replace(',', '.')) * factor;
  const microseconds = Math.round(
    (exponent === undefined ? Number(`0.${fraction}`) * factor : Math.abs(milliseconds) % 1) * 1000,
  );
  return signed(
    sign === '-',
    Math.floor(Math.abs(milliseconds)) + Math.floor(microseconds / 1000),
    (microseconds % 1000) * 1000,
  );
}

/** The days since 1900 and their fraction; what a spreadsheet writes next to a whole millisecond is that millisecond. */
function excel(text: string): Clock | undefined {
  const [, sign, whole, fraction = '', exponent] = DECIMAL.exec(text) ?? [];
  const days = Number(whole);
  if (whole === undefined || sign === '-' || exponent !== undefined || days < EXCEL_FIRST) {
    return undefined;
  }
  const exact = Math.round(Number(`0.${fraction}`) * DAY * 1000);
  const nearest = Math.round(exact / 1000) * 1000;
  const isRounded = fraction.length <= EXCEL_FRACTION && Math.abs(exact - nearest) <= EXCEL_ERROR;
  const microseconds = isRounded ? nearest : exact;
  const milliseconds = Math.floor(microseconds / 1000);
  return {
    milliseconds: (EXCEL_START + days) * DAY + milliseconds,
    nanoseconds: (microseconds - milliseconds * 1000) * 1000,
    offsetMinutes: undefined,
  };
}

function clock(text: string): Clock | undefined {
  const [, sign, hours, minutes, seconds, fraction = ''] = CLOCK.exec(text) ?? [];
  if (hours === undefined) {
    return undefined;
  }
  const below = fraction.padEnd(12, '0');
  return signed(
    sign === '-',
    ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(below.slice(0, 3)),
    Number(below.slice(3, 9)) + Number(below.slice(9, 12)) / 1000,
  );
}

function signed(isNegative: boolean, milliseconds: number, nanoseconds: number): Clock {
  if (!isNegative) {
    return { milliseconds, nanoseconds, offsetMinutes: undefined };
  }
  const borrows = nanoseconds > 0;
  return {
    milliseconds: -milliseconds - (borrows ? 1 : 0),
    nanoseconds: borrows ? 1e6 - nanoseconds : 0,
    offsetMinutes: undefined,
  };
}

function inUtc(clock: Clock | undefined): Clock | undefined {
  return clock && { ...clock, offsetMinutes: 0 };
}
