import { InvalidInputError } from '../errors.ts';
import { isJsonObject } from '../text/json.ts';

/** A kind of records, and how they are kept. */
export interface RecordKind<T> {
  /** The name of their folder. */
  folder: string;
  /** What a record is of, such as `import`. */
  noun: string;
  /** The form of a record; a program that changes it counts on. */
  version: number;
  /** Whether the value of each property has its form. */
  forms: Record<keyof Required<T>, (value: unknown) => boolean>;
  /** When it was made. */
  madeOn(record: T): string;
  /** How to list them, for hints. */
  list: string;
  /** How many are kept; all by default. */
  keep?: number;
}

export const isText = (value: unknown) => typeof value === 'string';
export const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
export const isTime = (value: unknown) => typeof value === 'string' && Number.isFinite(Date.parse(value));
export const isBoolean = (value: unknown) => typeof value === 'boolean';
export const matches = (form: RegExp) => (value: unknown) => typeof value === 'string' && form.test(value);
export const orNull = (is: (value: unknown) => boolean) => (value: unknown) => value === null || is(value);
export const ifAny = (is: (value: unknown) => boolean) => (value: unknown) => value === undefined || is(value);

export const isListOf = (is: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(is);
/** Whether a value is an object whose properties have these forms. */
export const isOf = (forms: Record<string, (value: unknown) => boolean>) => (value: unknown) =>
  isJsonObject(value) && Object.entries(forms).every(([key, is]) => is(value[key]));
export const isObject = isOf({});

/** The form of the id of a record. */
export const isRecordId = matches(/^[0-9a-f]{8}$/);

/** What is expected of a file of records, and what to do about one that is damaged. */
interface RecordForm<T> extends Pick<RecordKind<T>, 'version' | 'forms'> {
  /** Such as `the record of an import`. */
  what: string;
  remedy: string;
}

/**
 * Parses the file of a record.
 * @param path of the file, for messages
 * @throws InvalidInputError if it is not one, or one of another version
 */
export function parseRecord<T>({ what, remedy, version, forms }: RecordForm<T>, text: string, path: string): T {
  const invalid = (why: string, cause?: unknown) =>
    new InvalidInputError(`${path} is not ${what}: ${why}.`, { hint: remedy, cause });
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (cause) {
    throw invalid(`it is not valid JSON${cause instanceof Error ? ` (${cause.message})` : ''}`, cause);
  }
  if (!isJsonObject(record)) {
    throw invalid('it is not a JSON object');
  }
  if (record.version !== version) {
    throw new InvalidInputError(`${path} is not ${what} in version ${version}.`, {
      hint: `Another version of webmacs may have written it: use that one. ${remedy}`,
    });
  }
  for (const [key, is] of Object.entries<(value: unknown) => boolean>(forms)) {
    if (!is(record[key])) {
      throw invalid(`"${key}" is missing or invalid`);
    }
  }
  const { version: _, ...fields } = record;
  // Each of its properties has just been checked.
  return fields as T;
}
