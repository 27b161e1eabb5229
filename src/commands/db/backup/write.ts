import type { Archive } from '../../../backup/archive.ts';
import type { Manifest } from '../../../backup/manifest.ts';
import type { Rotation } from '../../../backup/rotation.ts';
import type { SelectionRequest } from '../../../backup/selection.ts';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { counted, fileSize } from '../../../cli/text.ts';
import { shownTimezone } from '../../../cli/timezone.ts';
import type { TimeRange } from '../../../database/time-range.ts';
import { isoTimestamp } from '../../../entities/types.ts';
import { InvalidInputError } from '../../../errors.ts';
import { defined } from '../../../text/defined.ts';
import { inZone } from '../../../text/local-time.ts';
import { jobsOption } from '../../standard/jobs.ts';
import { commaSeparated } from '../../standard/list-options.ts';
import { timeRangeOf, timeRangeOptions } from '../../standard/time-range.ts';
import { isRotated, rotationOptions, verifyAndRotate } from './rotate.ts';

interface BackupOptions extends TimeRange, Rotation {
  output?: string;
  force?: boolean;
  jobs?: number;
  only?: string[];
  withoutDatapoints?: boolean;
}

export function declareWrite(parent: Command, ctx: Context): void {
  parent
    .command('write', { isDefault: true })
    .description('write all rows into a file that any layout and later versions can restore')
    .optionsGroup('Where it is written:')
    .option(
      '-o, --output <file>',
      'FILE.tar.zst; a folder, with a file for each part; or - for standard output; {date} and {time} are filled in',
    )
    .option('--force', 'replace the file if it exists')
    .with(jobsOption('one more than processors'))
    .optionsGroup('What:')
    .option('--only <tables>', 'only these tables, separated by commas, and those that they refer to', commaSeparated)
    .option('--without-datapoints', 'everything but the datapoints')
    .with((command) => timeRangeOptions(command))
    .with(rotationOptions)
    .runs(ctx, writeBackup)
    .note(NOTE)
    .examples(
      ['webmacs db backup write -o webmacs.tar.zst', 'or without "write"'],
      ["webmacs db backup -o 'backups/{date}.tar.zst' --keep 14 --keep-monthly 12 -q", 'for cron: deletes older ones'],
      ['webmacs db backup write -o set-up.tar.zst --without-datapoints'],
      ['webmacs db backup -o - | ssh nas "cat > webmacs.tar.zst"'],
    );
}

const NOTE = `
The backup has all rows as of one moment, and blocks no other session. It contains password hashes, secrets of webhooks and API tokens, so only its
owner may read the file (0600). --from and --to limit the datapoints.
`;

async function writeBackup(ctx: Context, options: BackupOptions): Promise<void> {
  const { output: pattern, force = false } = options;
  if (pattern === undefined) {
    throw new InvalidInputError('Missing: --output.', { hint: 'Name the file, such as -o webmacs.tar.zst.' });
  }
  const [{ streamArchive, withArchive }, { expandName, expectPattern }] = await Promise.all([
    import('../../../backup/archive.ts'),
    import('../../../backup/rotation.ts'),
  ]);
  if (isRotated(options)) {
    expectPattern(pattern);
  }
  const modified = ctx.now();
  const path = expandName(pattern, inZone(shownTimezone(ctx), modified.getTime()));
  const database = await ctx.database();
  const started = performance.now();
  const manifest = await ctx.progress(`Backing up ${path === '-' ? 'to standard output' : path}`, async (show) => {
    const write = async (archive: Archive) => {
      const [{ backUp }, { selectionOf }] = await Promise.all([
        import('../../../backup/backup.ts'),
        import('../../../backup/selection.ts'),
      ]);
      const selection = selectionOf(database.layout, await requestOf(ctx, options));
      const jobs = defined({ jobs: options.jobs });
      const written = await backUp(database, selection, archive, { signal: ctx.signal, onProgress: show, ...jobs });
      return { ...written, bytes: archive.bytes };
    };
    return path === '-'
      ? await streamArchive(ctx.output.whole('the backup'), modified, write)
      : await withArchive(path, { force, signal: ctx.signal, modified }, write);
  });
  const deleted = isRotated(options) ? await verifyAndRotate(ctx, pattern, path, manifest, options) : [];
  const output = path === '-' ? ctx.output.onStderr : ctx.output;
  const seconds = (performance.now() - started) / 1000;
  const what = `${counted(rowsOf(manifest), 'row')} of ${counted(manifest.tables.length, 'table')}`;
  const left = manifest.without.length > 0 ? ` Left out: ${manifest.without.join(', ')}.` : '';
  await output.done(
    output.success(
      `${path === '-' ? 'Standard output' : path}: ${what}, ${fileSize(manifest.bytes)}, in ${seconds.toFixed(1)} s. It contains secrets${path === '-' ? '' : '; only you may read it'}.${left}`,
    ),
    { file: path, ...factsOf(manifest), bytes: manifest.bytes, seconds: Number(seconds.toFixed(3)), deleted },
  );
}

async function requestOf(
  ctx: Context,
  { only, withoutDatapoints, ...range }: BackupOptions,
): Promise<SelectionRequest> {
  return { ...(await timeRangeOf(ctx, range)), ...defined({ only, withoutDatapoints }) };
}

export function rowsOf({ tables }: Manifest): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}

/** What the reports on a backup have. */
export function factsOf(manifest: Manifest) {
  const { format, program, database, layout, migration, from, to, tables, without } = manifest;
  return {
    ...{
      format,
      program,
      created_on: isoTimestamp(manifest.created_on),
      database,
      layout,
      migration,
      from,
      to,
      without,
    },
    rows: rowsOf(manifest),
    tables: tables.map(({ columns: _, ...table }) => table),
  };
}
