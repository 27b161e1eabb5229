import { Type } from '@mikro-orm/core';
import { ISO_8601, wholeOffset } from '../text/iso-8601.ts';

/**
 * A `timestamptz` as ISO 8601 text with offset, to the microsecond: a JavaScript Date would drop the last three digits.
 * Values read are in the form of {@link isoTimestamp}; values written may have any offset.
 */
export class TimestampType extends Type<string, string> {
  override convertToJSValue(value: string | null): string {
    return typeof value === 'string' ? isoTimestamp(value) : (value as unknown as string);
  }

  override getColumnType(): string {
    return 'timestamptz';
  }

  override get runtimeType(): string {
    return 'string';
  }

  override compareAsType(): string {
    return 'string';
  }
}

/** A `double precision` that also writes NaN and the infinities. */
export class DoubleType extends Type<number, number | string> {
  override convertToDatabaseValue(value: number): number | string {
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  }

  override convertToJSValue(value: number | string): number {
    return typeof value === 'string' ? Number(value) : value;
  }

  override getColumnType(): string {
    return 'double precision';
  }

  override get runtimeType(): string {
    return 'number';
  }

  override compareAsType(): string {
    return 'number';
  }
}

/** A `bigint` that numbers rows: a number, or text where a number cannot express it. The ORM's own is a BigInt or loses digits. */
export class IdType extends Type<number, number | string> {
  override getColumnType(): string {
    return 'bigint';
  }

  override get runtimeType(): string {
    return 'number';
  }

  override compareAsType(): string {
    return 'number';
  }
}

/**
 * Converts a time, also in PostgreSQL's text (`2026-01-01 01:00:00.5+01`), to the form in which every time is printed for
 * programs: ISO 8601 in UTC, with six digits of a fraction, or none if it is zero (`2026-01-01T00:00:00.500000+00:00`). What
 * ISO 8601 cannot express (`infinity`, years outside 0001 to 9999) stays as PostgreSQL wrote it.
 */
export function isoTimestamp(text: string): string {
  const [, day, hour, minute, second, fraction = '', offset] = ISO_8601.exec(text) ?? [];
  if (second === undefined || offset === undefined) {
    return text;
  }
  const whole = new Date(`${day}T${hour}:${minute}:${second}${wholeOffset(offset)}`).toISOString().slice(0, 19);
  const digits = fraction.padEnd(6, '0');
  return `${whole}${/[^0]/.test(digits) ? `.${digits}` : ''}+00:00`;
}
