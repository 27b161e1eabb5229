import type { ClientBase } from 'pg';
import { literal } from '../database/sql.ts';
import { InvalidInputError } from '../errors.ts';
import { offsetText } from '../text/iso-8601.ts';
import { timeZone } from '../text/time-zone.ts';
import { hasZone, type TimeForm } from './time-text.ts';

/** invalid_parameter_value */
const UNKNOWN_ZONE = '22023';

/**
 * Makes the server print times in the time zone of a file until the transaction ends, which is exact, and costs Node nothing.
 * @throws InvalidInputError if there is no such time zone, or the server does not know it
 */
export async function printTimesIn(client: ClientBase, form: TimeForm): Promise<void> {
  if (form.timezone === undefined || !hasZone(form)) {
    return;
  }
  try {
    await client.query(`set local timezone = ${literal(settingOf(form.timezone))}`);
  } catch (error) {
    if ((error as { code?: string }).code === UNKNOWN_ZONE) {
      throw new InvalidInputError(`The database server does not know the time zone ${form.timezone}.`, {
        hint: 'Use an offset such as +01:00, or UTC.',
        cause: error,
      });
    }
    throw error;
  }
}

/**
 * An offset is written the POSIX way: as a name, and with the opposite sign.
 * @see https://www.postgresql.org/docs/17/datetime-posix-timezone-specs.html
 */
function settingOf(timezone: string): string {
  const { name, offsetAt } = timeZone(timezone, 'The time zone of the file');
  const offset = offsetAt(0);
  return /^[+-]/.test(name) ? `<${offsetText(offset)}>${offsetText(-offset)}` : name.replace(/^Z$/i, 'UTC');
}
