import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Context } from '../../../cli/context.ts';
import { refuseWith } from '../../../cli/option.ts';
import type { Row } from '../../../cli/output.ts';
import { counted, quoted } from '../../../cli/text.ts';
import { InterruptedError, InvalidInputError } from '../../../errors.ts';
import { fileError } from '../../../files/file-error.ts';
import { followDatapoints, type Waiting } from '../../../ingest/follow/follow-datapoints.ts';
import type { ImportSummary } from '../../../ingest/import-datapoints.ts';
import { defined } from '../../../text/defined.ts';
import { type ImportOptions, requestOf } from './options.ts';
import { createdFacts, createdSentences, sayNotes } from './report.ts';

const COLUMNS = ['file', 'rows', 'bad', 'duplicates', 'first', 'last', 'created_events', 'notes'];

/** Imports a file, and what is appended to it, until Ctrl-C. */
export async function followCsv(ctx: Context, files: readonly string[], options: ImportOptions): Promise<void> {
  const [path, another] = files;
  if (path === undefined || another !== undefined) {
    throw new InvalidInputError('--follow is for one file.', { hint: 'Start the command once for each file.' });
  }
  refuseWith('--follow', options, ['atomic', 'dryRun', 'maxBad', 'force', 'saveProfile']);
  const request = await requestOf(ctx, options);
  const rejects = await openRejects(options.skipBad);
  const follow = {
    signal: ctx.signal,
    lockTimeoutSeconds: options.lockTimeout,
    onWaiting: async (waiting: Waiting) => await ctx.output.say(`Waiting ${waiting}: ${quoted(path)}.`),
  };
  let rows = 0;
  try {
    let first = true;
    const parts = followDatapoints(await ctx.pool(), path, { ...request, ...defined({ skipBad: rejects }) }, follow);
    for await (const summary of parts) {
      rows += summary.rows;
      await report(ctx, path, summary, first);
      first = false;
    }
  } catch (error) {
    throw error instanceof InterruptedError
      ? new InterruptedError(
          `Interrupted after ${counted(rows, 'datapoint')}. To continue with the file, pass --on-duplicate skip.`,
        )
      : error;
  } finally {
    if (rejects) {
      await finished(rejects.end());
    }
  }
}

async function report(ctx: Context, path: string, summary: ImportSummary, isFirst: boolean): Promise<void> {
  const { rows, bad, duplicates, first = null, last = null, notes } = summary;
  if (ctx.output.structured) {
    const { created_events } = createdFacts(summary);
    const facts: Row = { file: path, rows, bad, duplicates, first, last, created_events, notes };
    return await ctx.output.next(facts, COLUMNS, isFirst);
  }
  const sentences = [
    ...(rows > 0 ? [`${counted(rows, 'datapoint')}, from ${first} to ${last}.`] : []),
    ...(duplicates.skipped > 0 ? [`${counted(duplicates.skipped, 'duplicate')} left out.`] : []),
    ...createdSentences({ summary, dryRun: false }),
    ...(bad > 0 ? [`${counted(bad, 'rejected line')} so far.`] : []),
  ];
  if (sentences.length > 0) {
    await ctx.output.say(sentences.join(' '));
  }
  await sayNotes(ctx, notes);
}

async function openRejects(path: string | undefined): Promise<Writable | undefined> {
  try {
    // What fails while nothing is being written, the next write throws.
    return path === undefined ? undefined : (await open(path, 'a')).createWriteStream().on('error', () => {});
  } catch (error) {
    throw fileError(error, path ?? '');
  }
}
