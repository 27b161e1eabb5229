import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted } from '../../cli/text.ts';

interface RestoreOptions {
  month?: string;
  onDuplicate: (typeof ON_DUPLICATE)[number];
  dryRun?: boolean;
}

const ON_DUPLICATE = ['error', 'skip'] as const;

export function declareRestore(parent: Command, ctx: Context): void {
  parent
    .command('restore')
    .argument('<archive>', 'the folder of an archive, or a file in it')
    .description('bring archived datapoints back, all of a month or none')
    .option('--month <month>', 'only this month in UTC, such as 2025-01')
    .choice('--on-duplicate <what>', 'for datapoints that are already in the database', ON_DUPLICATE, 'error')
    .option('--dry-run', 'do everything but keep the result')
    .runs(ctx, restore)
    .note(NOTE)
    .examples(
      ['webmacs datapoints restore archive/ --month 2025-01'],
      ['webmacs datapoints restore archive/2025-01.parquet --dry-run'],
      ['webmacs datapoints restore archive/ --on-duplicate skip', 'continues after an interruption'],
    );
}

const NOTE = `
Files are compared with the manifest of the archive first. Events and experiments are found by public id, or else by name; an event
that does not exist is an error, an experiment that does not exist leaves its datapoints without one. Public ids are as they were.
`;

async function restore(
  ctx: Context,
  path: string,
  { month, onDuplicate, dryRun = false }: RestoreOptions,
): Promise<void> {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? path.endsWith('.parquet');
  const folder = isFile ? dirname(path) : path;
  const [{ filesByPeriod, restoreFiles }, { readManifest }, { alone }] = await Promise.all([
    import('../../archive/restore.ts'),
    import('../../archive/manifest.ts'),
    import('../../archive/archive.ts'),
  ]);
  const periods = filesByPeriod(await readManifest(folder), isFile ? basename(path) : undefined, month);
  const pool = await ctx.pool();
  const { signal, output } = ctx;
  const options = { folder, skipsDuplicates: onDuplicate === 'skip', dryRun, signal };
  const done: { title: string; restored: number; skipped: number; withoutExperiment: number }[] = [];
  try {
    await alone(pool, signal, async () => {
      for (const files of periods) {
        const result = await ctx.progress('Restoring', () => restoreFiles(pool, files, options));
        done.push(result);
        if (result.withoutExperiment > 0) {
          await output.warn(
            `${counted(result.withoutExperiment, 'datapoint')} of ${result.title} had experiments that no longer exist.`,
          );
        }
      }
    });
  } catch (error) {
    if (done.length > 0 && !dryRun) {
      await output.warn(
        `Restored ${counted(sumOf(done, 'restored'), 'datapoint')} of ${done.map(({ title }) => title).join(', ')} before the error.`,
      );
    }
    throw error;
  }
  const [rows, skipped] = [sumOf(done, 'restored'), sumOf(done, 'skipped')];
  const there = skipped === 0 ? '' : ` Already there: ${counted(skipped, 'datapoint')}.`;
  const titles = done.map(({ title }) => title);
  const sentence = `${dryRun ? 'Would restore' : 'Restored'} ${counted(rows, 'datapoint')} of ${titles.join(', ')}.${there}`;
  await output.done(dryRun ? sentence : output.success(sentence), {
    [dryRun ? 'would_restore' : 'restored']: rows,
    skipped,
    periods: titles,
  });
}

function sumOf(done: readonly { restored: number; skipped: number }[], what: 'restored' | 'skipped'): number {
  return done.reduce((sum, each) => sum + each[what], 0);
}
