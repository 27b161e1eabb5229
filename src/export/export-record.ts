import { resolve } from 'node:path';
import type { Pool } from 'pg';
import { nameOf } from '../database/identity.ts';
import { isoTimestamp } from '../entities/types.ts';
import { isCount, isObject, isRecordId, isText, isTime, matches, type RecordKind } from '../files/record-form.ts';
import { type Kept, Records, userName } from '../files/records.ts';
import { VERSION } from '../version.ts';
import type { ExportForm } from './export-form.ts';
import type { ExportRequest } from './request.ts';

/** The record of an export: what the file must be compared with. */
export interface ExportRecord {
  /** 8 hexadecimal digits. */
  id: string;
  /** The absolute path. */
  file: string;
  /** Of the file on disk, in lowercase hex. */
  sha256: string;
  rows: number;
  datapoints: number;
  request: ExportRequest;
  form: ExportForm;
  /** Of the program. */
  program: string;
  exported_on: string;
  /** The user of the operating system. */
  user: string;
  database: string;
  /** Of `identityOf`. */
  database_identity: string;
}

/** The records of exports, in the data directory. */
export class ExportRecords extends Records<ExportRecord> {
  constructor(dataDirectory: string) {
    super(dataDirectory, EXPORTS);
  }

  /**
   * Finds the record of a file: by its content, wherever it is now; else, because it has been changed, by its path.
   * @param sha256 of its content
   */
  of(path: string, sha256: string): ExportRecord | undefined {
    const { records } = this.all();
    return (
      records.find((record) => record.sha256 === sha256) ?? records.find((record) => record.file === resolve(path))
    );
  }
}

const EXPORTS: RecordKind<ExportRecord> = {
  folder: 'exports',
  noun: 'export',
  version: 1,
  forms: {
    id: isRecordId,
    file: isText,
    sha256: matches(/^[0-9a-f]{64}$/),
    rows: isCount,
    datapoints: isCount,
    request: isObject,
    form: isObject,
    program: isText,
    exported_on: isTime,
    user: isText,
    database: isText,
    database_identity: isText,
  },
  madeOn: ({ exported_on: when }) => when,
  list: 'They are in the folder "exports" of the data directory.',
  keep: 1000,
};

/** Keeps the record of an export, if the database can be identified. */
export async function keepRecord(
  pool: Pool,
  records: ExportRecords,
  facts: Pick<ExportRecord, 'file' | 'sha256' | 'rows' | 'datapoints' | 'request' | 'form'>,
  now: Date,
): Promise<Kept> {
  const database = await nameOf(pool);
  return 'problem' in database
    ? database
    : await records.keep({
        ...facts,
        file: resolve(facts.file),
        program: VERSION,
        exported_on: isoTimestamp(now.toISOString()),
        user: userName(),
        ...database,
      });
}
