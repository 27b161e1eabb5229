import { InvalidInputError } from '../../errors.ts';
import { parseJsonObject } from '../../text/json.ts';

/** The record of an import: what identifies its rows, so that it can be undone. */
export interface ImportRecord {
  /** 8 hexadecimal digits. */
  id: string;
  /** The absolute path; null for standard input. */
  file: string | null;
  /** How many datapoints it stored. */
  rows: number;
  /** How many datapoints of the database it replaced. */
  replaced: number;
  /** The earliest and the latest timestamp. */
  first: string;
  last: string;
  experiment_public_id: string | null;
  imported_on: string;
  /** The user of the operating system. */
  user: string;
  database: string;
  /** Of {@link identityOf}. */
  database_identity: string;
  /** The 64-bit id of its transaction, the lower half of which is the `xmin` of its rows. */
  xid: string;
  /** Its rows have ids from here to there; null if they can have any. */
  lowest_id: string | null;
  highest_id: string | null;
  /** When it was undone, which holds if that transaction has committed. */
  undone_on: string | null;
  undo_xid: string | null;
  /** What it created, which undoing it keeps. */
  created_events?: readonly CreatedRow[];
  created_experiment?: CreatedRow;
}

/** A row that an import created. */
export interface CreatedRow {
  public_id: string;
  name: string;
}

/** The form of a record; a program that changes it counts on. */
export const RECORD_VERSION = 1;

const isText = (value: unknown) => typeof value === 'string';
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const isTime = (value: unknown) => typeof value === 'string' && Number.isFinite(Date.parse(value));
const matches = (form: RegExp) => (value: unknown) => typeof value === 'string' && form.test(value);
const orNull = (is: (value: unknown) => boolean) => (value: unknown) => value === null || is(value);
const ifAny = (is: (value: unknown) => boolean) => (value: unknown) => value === undefined || is(value);
const isRow = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  'public_id' in value &&
  isText(value.public_id) &&
  'name' in value &&
  isText(value.name);
// PostgreSQL accepts any number of these lengths.
const isXid = matches(/^\d{1,19}$/);
const isId = matches(/^-?\d{1,18}$/);

const FORMS: Record<keyof Required<ImportRecord>, (value: unknown) => boolean> = {
  id: matches(/^[0-9a-f]{8}$/),
  file: orNull(isText),
  rows: isCount,
  replaced: isCount,
  first: isText,
  last: isText,
  experiment_public_id: orNull(isText),
  imported_on: isTime,
  user: isText,
  database: isText,
  database_identity: isText,
  xid: isXid,
  lowest_id: orNull(isId),
  highest_id: orNull(isId),
  undone_on: orNull(isTime),
  undo_xid: orNull(isXid),
  created_events: ifAny((value) => Array.isArray(value) && value.every(isRow)),
  created_experiment: ifAny(isRow),
};

/**
 * Parses the file of a record.
 * @param path of the file, for messages
 * @throws InvalidInputError if it is not one, or one of another version
 */
export function parseRecord(text: string, path: string): ImportRecord {
  const record = parseJsonObject(text, path, '{ "version": 1, "id": "1a2b3c4d", … }');
  if (record.version !== RECORD_VERSION) {
    throw new InvalidInputError(`${path} is not the record of an import in version ${RECORD_VERSION}.`, {
      hint: 'Another version of webmacs may have written it: use that one, or move the file away.',
    });
  }
  const wrong = Object.entries(FORMS).find(([key, is]) => !is(record[key]));
  if (wrong) {
    throw new InvalidInputError(`${path} is not the record of an import: "${wrong[0]}" is missing or invalid.`, {
      hint: 'Move the file away, or restore it from a backup.',
    });
  }
  const { version, ...fields } = record;
  // Each of its properties has just been checked.
  return fields as unknown as ImportRecord;
}
