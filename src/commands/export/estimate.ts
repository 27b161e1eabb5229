import { statSync } from 'node:fs';
import type { Context } from '../../cli/context.ts';
import { counted, duration, fileSize } from '../../cli/text.ts';
import { estimateExport } from '../../export/estimate.ts';
import { checkOutput } from '../../files/output-file.ts';
import { defined } from '../../text/defined.ts';
import { shownRange } from '../standard/time-range.ts';
import type { Part } from './exported.ts';
import { FILE_SUFFIXES } from './file-format.ts';

/**
 * Prints what an export would write, and writes nothing: so a file that exists is no obstacle.
 * @param inFolder whether the file has its default name, in a folder that need not exist
 */
export async function printEstimate(
  ctx: Context,
  file: string,
  { request }: Part,
  { force = false, inFolder, ...how }: { force?: boolean; inFolder: boolean } & Parameters<typeof estimateExport>[3],
): Promise<void> {
  if (file !== '-' && !inFolder) {
    await checkOutput(file, { force: true, suffixes: FILE_SUFFIXES });
  }
  const estimate = await estimateExport(await ctx.pool(), request, file, how);
  const { isExact, rows, datapoints, bytes, seconds, columns, first = null, last = null } = estimate;
  const { from, to } = request;
  const about = isExact ? '' : 'about ';
  const of = rows === datapoints ? '' : ` of ${about}${counted(datapoints, 'datapoint')}`;
  const range = await shownRange(ctx, defined({ from, to }));
  const between = first === null || last === null ? '' : `, between ${first} and ${last}`;
  const name = file === '-' ? 'to standard output' : file;
  const time = duration(Number(seconds.toPrecision(2)));
  await ctx.output.done(
    `Would write ${name}: ${about}${counted(rows, 'row')}${of}${range}${between}, ${about}${fileSize(bytes)}, in about ${time}.\nColumns: ${columns.join(', ')}.`,
    {
      ...{ file, would_write: rows, exact: isExact, datapoints, bytes, seconds: Number(seconds.toPrecision(2)) },
      ...{ first, last, columns },
    },
  );
  if (!force && file !== '-' && statSync(file, { throwIfNoEntry: false })?.isFile()) {
    await ctx.output.note(`${file} already exists: to write it, pass --force to replace it, or choose another name.`);
  }
}
