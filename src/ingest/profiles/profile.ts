import { InvalidInputError } from '../../errors.ts';
import { isJsonObject, parseJsonObject } from '../../text/json.ts';
import { excerpt } from '../../text/printable.ts';
import type { ReadingOptions } from '../plan/reading-options.ts';
import { AMBIGUOUS, NONEXISTENT } from '../time/timestamp-rules.ts';

/** How the files of one logger are read. */
export interface Profile {
  name: string;
  description: string | undefined;
  options: ReadingOptions;
  /** Its file; `undefined` if it comes with the program. */
  path: string | undefined;
}

const VERSION = 1;

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const areTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const oneOf =
  (values: readonly string[]): Check =>
  (value) =>
    values.some((one) => one === value);

const CHECKS: Record<keyof Omit<ReadingOptions, 'defaultTimezone'>, Check> = {
  encoding: isText,
  delimiter: isText,
  headerLine: isCount,
  header: isText,
  skipAfter: isCount,
  comment: isText,
  timeColumns: areTexts,
  timeFormat: isText,
  start: isText,
  timezone: isText,
  ambiguous: oneOf(AMBIGUOUS),
  nonexistent: oneOf(NONEXISTENT),
  map: areTexts,
  ignore: areTexts,
  only: areTexts,
  eventColumn: isText,
  valueColumn: isText,
  decimal: oneOf(['.', ',']),
  thousands: isText,
  nulls: areTexts,
  nan: oneOf(['missing', 'keep']),
};

/** The content of the file of a profile. */
export function profileContent({ description, options }: Pick<Profile, 'description' | 'options'>): object {
  return { version: VERSION, ...(description === undefined ? {} : { description }), options };
}

/**
 * Reads the text of the file of a profile.
 * @param source for messages
 * @throws InvalidInputError naming what is unknown
 */
export function parseProfile(text: string, source: string): Pick<Profile, 'description' | 'options'> {
  const content = parseJsonObject(text, `The profile ${source}`, '{ "version": 1, "options": { "decimal": "," } }');
  const { version, description, options, ...others } = content;
  const [unknown] = Object.keys(others);
  if (version !== VERSION) {
    throw refused(source, `its version is ${excerpt(JSON.stringify(version) ?? '')}, not ${VERSION}`);
  }
  if (unknown !== undefined) {
    throw refused(source, `it has an unknown field ${excerpt(unknown)}`);
  }
  if (!isJsonObject(options) || (description !== undefined && typeof description !== 'string')) {
    throw refused(source, 'it has no options, or a description that is not text');
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, name)) {
      throw refused(source, `it has an unknown option ${excerpt(name)}`);
    }
    if (!CHECKS[name as keyof typeof CHECKS](value)) {
      throw refused(source, `its option ${excerpt(name)} cannot be ${excerpt(JSON.stringify(value))}`);
    }
  }
  return { description, options };
}

function refused(source: string, why: string): InvalidInputError {
  return new InvalidInputError(`The profile ${source} cannot be used: ${why}.`, {
    hint: 'Correct it, or save it again with --save-profile and --force.',
  });
}
