import {
  ifAny,
  isCount,
  isRecordId,
  isText,
  isTime,
  matches,
  orNull,
  type RecordKind,
} from '../../files/record-form.ts';
import { Records } from '../../files/records.ts';
import type { EventXid } from './written-rows.ts';

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
  /** Where Citus stores datapoints, the ids of its transactions on other servers. */
  xids?: readonly EventXid[];
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

const isEventXid = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  'event_public_id' in value &&
  isText(value.event_public_id) &&
  'xid' in value &&
  isXid(value.xid);

const FORMS: RecordKind<ImportRecord>['forms'] = {
  id: isRecordId,
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
  xids: ifAny((value) => Array.isArray(value) && value.every(isEventXid)),
  created_events: ifAny((value) => Array.isArray(value) && value.every(isRow)),
  created_experiment: ifAny(isRow),
};

const IMPORTS: RecordKind<ImportRecord> = {
  folder: 'imports',
  noun: 'import',
  version: 1,
  forms: FORMS,
  madeOn: ({ imported_on: when }) => when,
  list: '"webmacs datapoints imports" lists them.',
};

/** The records of imports, in the data directory. */
export class ImportRecords extends Records<ImportRecord> {
  constructor(dataDirectory: string) {
    super(dataDirectory, IMPORTS);
  }
}
