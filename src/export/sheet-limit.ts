import type { ClientBase } from 'pg';
import { InvalidInputError } from '../errors.ts';
import { grouped } from '../text/counted.ts';
import { selection } from './query.ts';
import type { ExportRequest } from './request.ts';

/** The rows that a sheet of XLSX can have, besides the header. */
export const SHEET_ROWS = 1_048_575;

/**
 * Checks that a sheet can hold a row for each datapoint, before anything is written.
 * @throws InvalidInputError
 */
export async function checkSheetRows(client: ClientBase, request: ExportRequest): Promise<void> {
  const { rows } = await client.query<{ fit: boolean }>(
    `select count(*) <= ${SHEET_ROWS} as fit
     from (select 1 from datapoints d where ${selection(request)} limit ${SHEET_ROWS + 1}) as counted`,
  );
  if (!rows[0]?.fit) {
    throw tooManyRows();
  }
}

export function tooManyRows(): InvalidInputError {
  return new InvalidInputError(`There are more rows than the ${grouped(SHEET_ROWS)} that a sheet of XLSX can have.`, {
    hint: 'Export to Parquet or CSV, fewer rows with --wide or --every, or a shorter time with --from and --to.',
  });
}
