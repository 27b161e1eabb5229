import { Writable } from 'node:stream';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { InvalidInputError } from '../../../errors.ts';
import { type FoundFile, findFiles } from '../../../files/find-files.ts';
import { withOutputFile } from '../../../files/output-file.ts';
import { isSameFile } from '../../../files/same-file.ts';
import { type ImportProgress, type ImportSummary, importDatapoints } from '../../../ingest/import-datapoints.ts';
import type { ImportRequest } from '../../../ingest/import-request.ts';
import { withRecord } from '../../../ingest/imports/keep.ts';
import { ImportRecords } from '../../../ingest/imports/record.ts';
import type { NamedSource } from '../../../ingest/sources.ts';
import { defined } from '../../../text/defined.ts';
import { askAbout } from '../answers.ts';
import { checkProfile, saveProfile } from '../profiles/save.ts';
import { keptOptions } from '../reading-options.ts';
import { suggestTimes } from './experiment-times.ts';
import { FileReader } from './file-reader.ts';
import { FilesReport, reportTogether } from './files-report.ts';
import { followCsv } from './follow.ts';
import { type ImportOptions, importOptions, requestOf } from './options.ts';
import { type Imported, reportImport } from './report.ts';

export function declareImport(parent: Command, ctx: Context): void {
  parent
    .command('import')
    .argument(
      '<file...>',
      'CSV files or lines of JSON, or patterns, .gz, .zst or .zip with one file in it; - for standard input',
    )
    .description('import datapoints from CSV or lines of JSON, all of a file or none')
    .with(importOptions)
    .runs(ctx, importCsv)
    .note(LAYOUTS)
    .note(DUPLICATES)
    .note(FOLLOW)
    .examples(
      ['webmacs datapoints import readings.csv --experiment "Run 7" --timezone UTC'],
      ['webmacs datapoints import t1.csv --event "Bed temperature" --timezone Europe/Berlin'],
      ['webmacs datapoints import german.csv --time-format "%d.%m.%Y %H:%M:%S" --timezone Europe/Berlin'],
      ['webmacs datapoints import new.csv --create-events --create-experiment "Run 8"'],
      ["webmacs datapoints import 'logs/*.csv' --encoding windows-1252 --atomic"],
      ['webmacs datapoints import logger.csv --follow --on-duplicate skip', 'as it is written'],
      ['zcat old.csv.gz | webmacs datapoints import - --skip-bad bad.csv'],
    );
}

const LAYOUTS = `
"webmacs datapoints inspect FILE" looks at a file, and prints the command that imports it.

A file needs a header and one of these layouts:
  timestamp,event,value                     event by name or public id
  timestamp,Bed temperature,Air flow,…      one column per event; empty cells are skipped
  timestamp,value                           with --event
  the columns of "experiments export"
`;

const DUPLICATES = `
Two datapoints are duplicates if they have the same event and time. With --on-duplicate
  error     nothing is imported if there are any (default)
  skip      those already in the database stay; of several in the file, the first is imported
  replace   those already in the database are deleted; of several in the file, the last is imported
  keep      all of several in the file are imported; nothing, if the database has one already
The rows of an export have ids, and are compared by them instead, unless --new-ids is given.
`;

const FOLLOW = `
--follow imports what a file has, then what is appended to it, each part as it comes, in a transaction of its own; "datapoints
imports" does not list them. The file may not exist yet, and may be renamed and replaced by a new one with a header of its own.
A line that cannot be read ends the command, unless --skip-bad is given, which then appends to its file.
`;

/** Rejected lines are written as they were read. */
const TEXT_SUFFIXES = ['.csv', '.tsv', '.txt'];

async function importCsv(ctx: Context, given: string[], options: ImportOptions): Promise<void> {
  if (options.follow) {
    await checkRejects(
      given.map((path) => ({ path, size: undefined })),
      options.skipBad,
    );
    return await followCsv(ctx, given, options);
  }
  const files = await findFiles(given);
  await checkRejects(files, options.skipBad);
  checkProfile(ctx, options);
  if (files.length > 1 && options.createExperiment !== undefined && !options.atomic) {
    throw new InvalidInputError('--create-experiment: several files are only one experiment if all are imported.', {
      hint: 'Pass --atomic.',
    });
  }
  const stated = await requestOf(ctx, options);
  const reader = new FileReader(files, ctx.streams.stdin);
  const sources = files.map((file) => reader.sourceOf(file));
  // What the first file leaves open is answered for all of them.
  const [first] = sources;
  const request = first ? await askAbout(ctx, first, stated, stated.create?.events !== undefined) : stated;
  if (request.onDuplicate === 'replace' && !options.dryRun) {
    await ctx.announce();
  }
  const summaries = await importAll(ctx, sources, request, options, reader);
  if (!options.dryRun) {
    if (request.experimentPublicId !== undefined) {
      await suggestTimes(ctx, request.experimentPublicId, summaries);
    }
    await saveProfile(ctx, options, keptOptions(request));
  }
}

/** Imports one file, several together, or each by itself, and reports that. */
async function importAll(
  ctx: Context,
  sources: readonly NamedSource[],
  request: ImportRequest,
  options: ImportOptions,
  reader: FileReader,
): Promise<ImportSummary[]> {
  const summaries: ImportSummary[] = [];
  const [only, another] = sources;
  const what = another ? `${sources.length} files` : (only?.name ?? '');
  await ctx.progress(`${options.dryRun ? 'Reading' : 'Importing'} ${what}`, async (show) => {
    const onProgress = (progress: ImportProgress) => show(reader.progressOf(progress));
    const importFrom = async (from: readonly NamedSource[], again?: NamedSource) => {
      const imported = await importOnce(ctx, from, again, request, options, onProgress);
      summaries.push(imported.summary);
      return imported;
    };
    if (only && !another) {
      await reportImport(ctx, await importFrom(sources, only));
    } else if (options.atomic) {
      await reportTogether(ctx, await importFrom(sources));
    } else {
      await importEach(ctx, sources, async (source) => {
        const imported = await importFrom([source]);
        reader.next();
        return imported;
      });
    }
  });
  return summaries;
}

/**
 * Imports files in one transaction.
 * @param only the only one, which can be read again
 * @param request gets the events that were created
 */
async function importOnce(
  ctx: Context,
  files: readonly NamedSource[],
  only: NamedSource | undefined,
  request: ImportRequest,
  options: ImportOptions,
  onProgress: (progress: ImportProgress) => void,
): Promise<Imported> {
  const { dryRun = false, lockTimeout: lockTimeoutSeconds, skipBad: rejects } = options;
  const started = performance.now();
  const [pool, records] = [await ctx.pool(), new ImportRecords(ctx.embeddedDirectory)];
  const { experimentPublicId } = request;
  const facts = { files: files.map(({ name }) => name), experimentPublicId, now: ctx.now() };
  const settings = { ...defined({ again: only?.again }), dryRun, lockTimeoutSeconds, signal: ctx.signal, onProgress };
  const { result: summary, kept } = await withRejects(ctx, options, async (skipBad, publish) =>
    withRecord(pool, records, facts, async (keep) =>
      importDatapoints(
        pool,
        only ? await only.open() : files,
        { ...request, ...defined({ skipBad }) },
        {
          ...settings,
          beforeCommit: async (written) => {
            await keep({ ...written, replaced: written.duplicates.replaced });
            await publish?.();
          },
        },
      ),
    ),
  );
  const seconds = (performance.now() - started) / 1000;
  request.events = [...request.events, ...(dryRun ? [] : summary.createdEvents)];
  return { summary, kept, seconds, rejects, dryRun };
}

/** Imports files one after the other, each by itself. */
async function importEach(
  ctx: Context,
  sources: readonly NamedSource[],
  importOne: (source: NamedSource) => Promise<Imported>,
): Promise<void> {
  const report = new FilesReport(
    ctx,
    sources.map(({ name }) => name),
  );
  for (const source of sources) {
    const imported = await importOne(source).catch(async (error) => {
      await report.failed();
      throw error;
    });
    await report.add(source.name, imported);
  }
  await report.end();
}

/** Calls `work` with a stream for the rejected lines, if they are asked for; those of a dry run go nowhere. */
async function withRejects<T>(
  ctx: Context,
  { skipBad, force = false, dryRun = false }: ImportOptions,
  work: (skipBad?: Writable, beforeCommit?: () => Promise<void>) => Promise<T>,
): Promise<T> {
  if (skipBad === undefined) {
    return await work();
  }
  return dryRun
    ? await work(new Writable({ write: (_piece, _encoding, done) => done() }))
    : await withOutputFile(skipBad, { force, suffixes: TEXT_SUFFIXES, signal: ctx.signal }, work);
}

/**
 * @throws InvalidInputError if the rejected lines are those of several files, would replace the file that is imported, or are
 * to go to stdout
 */
async function checkRejects([file, another]: readonly FoundFile[], rejects: string | undefined): Promise<void> {
  if (file === undefined || rejects === undefined) {
    return;
  }
  if (another) {
    throw new InvalidInputError(`--skip-bad ${rejects}: rejected lines of several files cannot be written to one.`, {
      hint: 'Import the files one by one, each with a --skip-bad file of its own.',
    });
  }
  if (rejects === '-' || (await isSameFile(file.path, rejects))) {
    const what = rejects === '-' ? 'rejected lines cannot be written to standard output' : 'it is the file to import';
    throw new InvalidInputError(`--skip-bad ${rejects}: ${what}.`, { hint: 'Use the path of another file.' });
  }
}
