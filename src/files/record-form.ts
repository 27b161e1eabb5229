import { InvalidInputError } from '../errors.ts';
import { isJsonObject, parseJsonObject } from '../text/json.ts';

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
export const isObject = (value: unknown) => isJsonObject(value);
export const matches = (form: RegExp) => (value: unknown) => typeof value === 'string' && form.test(value);
export const orNull = (is: (value: unknown) => boolean) => (value: unknown) => value === null || is(value);
export const ifAny = (is: (value: unknown) => boolean) => (value: unknown) => value === undefined || is(value);

/** The form of the id of a record. */
export const isRecordId = matches(/^[0-9a-f]{8}$/);

/**
 * Parses the file of a record.
 * @param path of the file, for messages
 * @throws InvalidInputError if it is not one, or one of another version
 */
export function parseRecord<T>(
  { noun, version, forms }: Pick<RecordKind<T>, 'noun' | 'version' | 'forms'>,
  text: string,
  path: string,
): T {
  const record = parseJsonObject(text, path, `{ "version": ${version}, "id": "1a2b3c4d", … }`);
  if (record.version !== version) {
    throw new InvalidInputError(`${path} is not the record of an ${noun} in version ${version}.`, {
      hint: 'Another version of webmacs may have written it: use that one, or move the file away.',
    });
  }
  const wrong = Object.entries<(value: unknown) => boolean>(forms).find(([key, is]) => !is(record[key]));
  if (wrong) {
    throw new InvalidInputError(`${path} is not the record of an ${noun}: "${wrong[0]}" is missing or invalid.`, {
      hint: 'Move the file away, or restore it from a backup.',
    });
  }
  const { version: _, ...fields } = record;
  // Each of its properties has just been checked.
  return fields as T;
}
