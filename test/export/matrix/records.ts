import { gunzipSync } from 'node:zlib';
import { readSheet } from 'read-excel-file/node';
import { parquetRows } from '../read-back.ts';

/** Counts the records of files that were exported with these options, each read as simply as its format allows. */
export async function countRecords(files: readonly Buffer[], options: string): Promise<number> {
  let count = 0;
  for (const file of files) {
    count += (await recordsOf(file, options)).length;
  }
  return count;
}

async function recordsOf(file: Buffer, options: string): Promise<readonly unknown[]> {
  if (options.includes('parquet')) {
    return await parquetRows(file);
  }
  if (options.includes('xlsx')) {
    return (await readSheet(file, 'Datapoints')).slice(1);
  }
  const lines = (options.includes('.gz') ? gunzipSync(file) : file).toString().split(/\r?\n/);
  if (lines.pop() !== '') {
    throw new Error('The last line has no end.');
  }
  if (options.includes('ndjson')) {
    return lines.map((line) => JSON.parse(line));
  }
  const cells = lines
    .filter((line) => !/^\ufeff?"?#/.test(line))
    .map((line) => line.split(delimiterOf(options)).length);
  if (new Set(cells).size !== 1) {
    throw new Error(`The lines have ${cells.join(', ')} cells.`);
  }
  return options.includes('--no-header') ? cells : cells.slice(1);
}

function delimiterOf(options: string): string {
  if (options.includes('tsv')) {
    return '\t';
  }
  const isSemicolon = options.includes('--excel=de') || options.includes('--decimal ,');
  return options.includes('--delimiter |') ? '|' : isSemicolon ? ';' : ',';
}
