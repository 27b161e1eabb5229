import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { counted, fileSize, megabytes } from '../../cli/text.ts';
import { shownTime } from '../../cli/time.ts';
import type { ExportForm } from '../../export/export-form.ts';
import type { FileExportResult } from '../../export/export-to-file.ts';
import type { FileSubject } from '../../export/file-name.ts';
import type { ExportRequest } from '../../export/request.ts';
import { defined } from '../../text/defined.ts';
import { shownRange } from '../standard/time-range.ts';
import type { FileFormat } from './file-format.ts';

export interface Part {
  subject: FileSubject;
  request: ExportRequest;
}

export interface Exported extends Part {
  file: string;
  format: FileFormat;
  result: FileExportResult;
  seconds: number;
}

/** What was written, for programs. */
export function factsOf({ file, request, result, seconds }: Exported, shape: ExportForm['shape']): Row {
  const { from, to } = request;
  const { rows, datapoints, bytes, duplicates, formulas, cutTimes, nanValues, sparseBuckets, longGaps, unfilledCells } =
    result;
  return {
    ...{ file, rows, datapoints, bytes, seconds: Number(seconds.toFixed(3)) },
    ...defined({
      ...{ from, to },
      duplicates: duplicates || undefined,
      formulas: formulas || undefined,
      cut_times: cutTimes || undefined,
      timezone: shape.kind === 'buckets' ? shape.timezone : undefined,
      nan_values: nanValues || undefined,
      sparse_buckets: sparseBuckets || undefined,
      long_gaps: longGaps || undefined,
      unfilled_cells: unfilledCells || undefined,
      sha256: result.sha256,
      resumed_rows: result.resumedRows,
      discarded_rows: result.discardedRows,
    }),
  };
}

/** What was written, for people. */
export async function sentenceOf(
  ctx: Context,
  { file, format, request, result, seconds }: Exported,
  shape: ExportForm['shape'],
): Promise<string> {
  const { rows, datapoints, bytes, available } = result;
  const { from, to } = request;
  const name = file === '-' ? '' : `${file}: `;
  const range = await shownRange(ctx, defined({ from, to }));
  if (rows === 0) {
    const [first, last] = available
      ? await Promise.all([available.first, available.last].map((time) => shownTime(ctx, time)))
      : [];
    const there = available ? `there is data from ${first} to ${last}` : 'there is no data at all';
    return `${name}0 rows${range}: ${there}${request.eventPublicIds ? ' of these events' : ''}.${notesOn(result, shape)}`;
  }
  const of = rows === datapoints ? '' : ` of ${counted(datapoints, 'datapoint')}`;
  const volume = volumeOf(bytes, format, seconds);
  const after = result.resumedRows ? `, after ${counted(result.resumedRows, 'row')} of an interrupted export` : '';
  const { kept } = result;
  const problem =
    kept && 'problem' in kept ? `\nNo record of it could be kept for "experiments verify": ${kept.problem}` : '';
  return `${name}${counted(rows, 'row')}${of}${range}, ${volume}${after}.${notesOn(result, shape)}${problem}`;
}

/** Sentences on what the file has otherwise than the database, and on what was removed. */
function notesOn(result: FileExportResult, shape: ExportForm['shape']): string {
  const { duplicates, formulas, cutTimes, nanValues, sparseBuckets, longGaps, unfilledCells, discardedRows } = result;
  const onDuplicate = shape.kind === 'wide' ? shape.onDuplicate : undefined;
  const how = onDuplicate === 'mean' ? 'Merged into means' : `Left out by --on-duplicate ${onDuplicate}`;
  const notes = [
    duplicates > 0 && `${how}: ${counted(duplicates, 'datapoint')} with the event and time of another one.`,
    formulas > 0 && `An apostrophe stands before ${counted(formulas, 'text')} that Excel would run as formulas.`,
    cutTimes > 0 && `Only milliseconds are written of ${counted(cutTimes, 'time')}: Excel reads no more.`,
    nanValues > 0 && `Left out: ${counted(nanValues, 'datapoint')} with the value NaN.`,
    sparseBuckets > 0 && `Left out by --min-count: ${counted(sparseBuckets, 'bucket')} with fewer values.`,
    longGaps > 0 && `Left empty: ${counted(longGaps, 'gap')} too long for --fill linear.`,
    unfilledCells > 0 &&
      `Left empty: ${counted(unfilledCells, 'cell')} beside Infinity, where --fill linear has no line.`,
    discardedRows !== undefined &&
      `Removed what an interrupted export with --resume had kept of it: ${counted(discardedRows, 'row')}.`,
  ];
  return notes.map((note) => (note ? `\n${note}` : '')).join('');
}

export function volumeOf(bytes: number, format: FileFormat, seconds: number): string {
  return `${fileSize(bytes)} of ${format === 'parquet' ? 'Parquet' : format.toUpperCase()} in ${seconds.toFixed(2)} s (${megabytes(bytes / seconds)}/s)`;
}
