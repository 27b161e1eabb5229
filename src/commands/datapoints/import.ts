import type { Writable } from 'node:stream';
import { InvalidArgumentError } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted, grouped } from '../../cli/text.ts';
import { givenTimezone } from '../../cli/timezone.ts';
import { Event } from '../../entities/index.ts';
import { InvalidInputError } from '../../errors.ts';
import { withOutputFile } from '../../files/output-file.ts';
import { isSameFile } from '../../files/same-file.ts';
import { type ImportSummary, importDatapoints } from '../../ingest/import-datapoints.ts';
import type { ImportRequest } from '../../ingest/import-request.ts';
import { type Recorded, withRecord } from '../../ingest/imports/keep.ts';
import { ImportRecords } from '../../ingest/imports/records.ts';
import { openSource } from '../../ingest/source.ts';
import { defined } from '../../text/defined.ts';
import { EVENTS } from '../events/noun.ts';
import { EXPERIMENTS } from '../experiments/noun.ts';
import { findPublicId } from '../standard/noun.ts';
import { timezoneOption } from '../standard/time-range.ts';
import { importId, sayHowToUndo } from './imports/how-to-undo.ts';

interface ImportOptions {
  event?: string;
  experiment?: string;
  delimiter?: string;
  decimal?: '.' | ',';
  skipBad?: string;
  newIds?: boolean;
  force?: boolean;
}

export function declareImport(parent: Command, ctx: Context): void {
  parent
    .command('import')
    .argument('<file>', 'CSV file, .gz or .zst; - for standard input')
    .description('import datapoints from CSV, all of them or none')
    .option('--event <event>', 'event of all rows, for a file with timestamp and value only')
    .option('--experiment <experiment>', 'experiment that the rows belong to')
    .option('--delimiter <character>', 'default: comma, semicolon or tab, detected from the header')
    .option('--decimal <character>', 'decimal separator, a dot or a comma', decimalSeparator, '.')
    .option('--skip-bad <file>', 'write rejected lines to this file, and import the others')
    .option('--new-ids', 'give the rows of an export new ids instead of keeping theirs')
    .option('--force', 'replace the --skip-bad file if it exists')
    .with((command) => timezoneOption(command, { otherwise: 'else they are rejected' }))
    .runs(ctx, importCsv)
    .addHelpText('after', LAYOUTS)
    .examples(
      ['webmacs datapoints import readings.csv --experiment "Run 7" --timezone UTC'],
      ['webmacs datapoints import t1.csv --event "Bed temperature" --timezone Europe/Berlin'],
      ['zcat old.csv.gz | webmacs datapoints import - --skip-bad bad.csv'],
    );
}

const LAYOUTS = `
The file needs a header and one of these layouts:
  timestamp,event,value                     event by name or public id
  timestamp,Bed temperature,Air flow,…      one column per event; empty cells are skipped
  timestamp,value                           with --event
  the columns of "experiments export"
`;

/** Rejected lines are written as they were read. */
const TEXT_SUFFIXES = ['.csv', '.tsv', '.txt'];

async function importCsv(ctx: Context, file: string, options: ImportOptions): Promise<void> {
  await checkRejects(file, options.skipBad);
  const events = await (await ctx.em(Event)).find(Event, {}, { fields: ['publicId', 'name'] });
  const request: ImportRequest = defined({
    events,
    eventPublicId: await findPublicId(ctx, EVENTS, options.event),
    experimentPublicId: await findPublicId(ctx, EXPERIMENTS, options.experiment),
    timezone: (await givenTimezone(ctx))?.name,
    delimiter: options.delimiter?.replace('\\t', '\t'),
    decimal: options.decimal,
    newIds: options.newIds,
  });
  const source = await openSource(file, ctx.streams.stdin);
  const bar = ctx.progress();
  const pool = await ctx.pool();
  const facts = { file, experimentPublicId: request.experimentPublicId, now: ctx.now() };
  const work = async (skipBad?: Writable, publish?: () => Promise<void>): Promise<Recorded<ImportSummary>> =>
    await withRecord(pool, new ImportRecords(ctx.embeddedDirectory), facts, (keep) =>
      importDatapoints(
        pool,
        source.stream,
        { ...request, ...defined({ skipBad }) },
        {
          beforeCommit: async (written) => {
            await keep(written);
            await publish?.();
          },
          signal: ctx.signal,
          onProgress: ({ rows, bytes }) => bar.update({ rows, bytes, totalRows: estimatedRows(rows, source) }),
        },
      ),
    );
  const started = performance.now();
  try {
    const rejects = options.skipBad;
    const summary =
      rejects !== undefined
        ? await withOutputFile(
            rejects,
            { force: options.force === true, suffixes: TEXT_SUFFIXES, signal: ctx.signal },
            work,
          )
        : await work();
    bar.clear();
    await report(ctx, summary, (performance.now() - started) / 1000, rejects);
  } finally {
    bar.clear();
  }
}

/** @throws InvalidInputError if the rejected lines would replace the file that is imported, or are to go to stdout */
async function checkRejects(file: string, rejects: string | undefined): Promise<void> {
  if (rejects === '-' || (rejects !== undefined && (await isSameFile(file, rejects)))) {
    const what = rejects === '-' ? 'rejected lines cannot be written to standard output' : 'it is the file to import';
    throw new InvalidInputError(`--skip-bad ${rejects}: ${what}.`, { hint: 'Use the path of another file.' });
  }
}

async function report(
  ctx: Context,
  { result, kept }: Recorded<ImportSummary>,
  seconds: number,
  rejects: string | undefined,
): Promise<void> {
  const { rows, bad, first, last } = result;
  if (rows === 0 && bad > 0) {
    throw new InvalidInputError(
      `Nothing was imported: ${bad === 1 ? 'the only line' : `all ${grouped(bad)} lines`} of the file were rejected.`,
      {
        hint: `They are in ${rejects}. To see what is wrong, import that file without --skip-bad.`,
      },
    );
  }
  const range = first === undefined ? '' : `, from ${first} to ${last}`;
  const facts = {
    rows,
    bad,
    first: first ?? null,
    last: last ?? null,
    seconds: Number(seconds.toFixed(3)),
    ...importId(kept),
  };
  if (rows === 0) {
    return await ctx.output.nothing('Nothing was imported: there are no values below the header.', facts);
  }
  const skipped = bad > 0 ? ` ${counted(bad, 'rejected line')} written to ${rejects}.` : '';
  const speed = `${grouped(Math.round(rows / seconds))} rows/s`;
  await ctx.output.done(
    ctx.output.success(
      `${counted(rows, 'datapoint')} imported in ${seconds.toFixed(2)} s (${speed})${range}.${skipped}`,
    ),
    facts,
  );
  await sayHowToUndo(ctx, kept);
}

/** Estimates the total from the share of the file that has been read; 0, for unknown, if the file has no size. */
function estimatedRows(rows: number, { size, position }: { size: number | undefined; position(): number }): number {
  const read = position();
  return size && read > 0 ? Math.round((rows * size) / read) : 0;
}

function decimalSeparator(text: string): '.' | ',' {
  if (text !== '.' && text !== ',') {
    throw new InvalidArgumentError('It must be . or ,');
  }
  return text;
}
