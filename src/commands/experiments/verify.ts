import type { Pool } from 'pg';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { flagOf } from '../../cli/option.ts';
import { counted, grouped, quoted } from '../../cli/text.ts';
import { shownTime } from '../../cli/time.ts';
import { identityOf } from '../../database/identity.ts';
import { CheckFailedError, ConflictError, InvalidInputError } from '../../errors.ts';
import { DEFAULT_FORM, type ExportForm } from '../../export/export-form.ts';
import { type ExportRecord, ExportRecords } from '../../export/export-record.ts';
import type { ExportRequest } from '../../export/request.ts';
import { fingerprint } from '../../files/fingerprint.ts';
import { fileFormatOf } from '../export/file-format.ts';
import { type FormOptions, formOf, formOptions } from '../export/form-options.ts';
import { requestOf, type SelectionOptions, selectionOptions } from '../export/selection.ts';
import { argumentHelp, find } from '../standard/noun.ts';
import { EXPERIMENTS } from './noun.ts';

type VerifyOptions = Omit<SelectionOptions, 'layout'> & FormOptions;

export function declareVerify(parent: Command, ctx: Context): void {
  parent
    .command('verify')
    .argument('<file>', 'an exported file, also compressed')
    .argument('[experiment]', `${argumentHelp(EXPERIMENTS)}; default: as in the record of the export`)
    .description('compare an exported file with the database; exits 6 if they differ')
    .runs(ctx, verify)
    .with(selectionOptions)
    .with(formOptions)
    .note(RECORDS)
    .examples(
      ['webmacs experiments verify run7.csv'],
      ['webmacs experiments verify run7.csv "Run 7" --event "Bed temperature"', 'exported on another computer'],
      ['webmacs experiments verify run7.csv.zst --json | jq .equal'],
    );
}

const RECORDS = `
A record of each exported file is kept in the data directory of the user who made it (WEBMACS_DATA_DIR, else
$XDG_DATA_HOME/webmacs): what was exported and how, and the SHA-256, by which the file is found even if it was moved or renamed.
The last 1,000 are kept. Without a record, name the experiment, and pass the options of the export.

The data is exported again, but only compared. Compressed files are compared after decompression.
`;

interface Expected {
  request: ExportRequest;
  form: ExportForm;
  record?: ExportRecord | undefined;
}

async function verify(
  ctx: Context,
  path: string,
  experiment: string | undefined,
  options: VerifyOptions,
): Promise<void> {
  const { sha256 } = await ctx.progress(`Reading ${path}`, async () =>
    fingerprint(path, Number.POSITIVE_INFINITY, ctx.signal),
  );
  const pool = await ctx.pool();
  const { request, form, record } = await expectedOf(ctx, pool, { path, sha256, experiment, options });
  const { compareFile } = await import('../../export/compare-file.ts');
  const { rows, databaseRows, difference } = await ctx.progress(`Comparing ${path}`, async (show) =>
    compareFile(pool, request, path, {
      form,
      signal: ctx.signal,
      onProgress: ({ datapoints, totalDatapoints, bytes }) =>
        show({ rows: datapoints, bytes, totalRows: totalDatapoints }),
    }),
  );
  const isAsExported = record && record.sha256 === sha256;
  const facts = {
    ...{ file: path, equal: difference === undefined, rows, rows_in_database: databaseRows, sha256 },
    ...{ as_exported: isAsExported ?? null, exported_on: record?.exported_on ?? null, difference: difference ?? null },
  };
  if (difference === undefined) {
    const when =
      record && isAsExported
        ? `, as exported on ${await shownTime(ctx, record.exported_on.replace('+00:00', 'Z'))}`
        : '';
    const message = `${path} is equal to the database: ${counted(databaseRows, 'row')}, SHA-256 ${sha256}${when}.`;
    return await ctx.output.done(ctx.output.success(message), facts);
  }
  if (ctx.output.structured) {
    await ctx.output.one(facts);
  }
  const { byte, line, time } = difference;
  const side = (text: string | undefined) => (text === undefined ? 'nothing' : quoted(text));
  const what =
    line === undefined
      ? ` at byte ${grouped(byte)}.`
      : ` at line ${grouped(line)}${time === undefined ? '' : ` (${time})`}: the file has ${side(difference.file)}, the database ${side(difference.database)}.`;
  const counts = `${rows === undefined ? '' : `${counted(rows, 'row')} in the file, `}${counted(databaseRows, 'row')} in the database.`;
  throw new CheckFailedError(`${path} differs from the database${what} ${counts}`, { hint: hintOf(isAsExported) });
}

function hintOf(isAsExported: boolean | undefined): string {
  if (isAsExported === undefined) {
    return 'Without a record of the export, it is compared as the options say: they must be those of the export.';
  }
  return isAsExported
    ? 'The file is as it was exported: the database has changed since.'
    : 'The file has been changed since it was exported.';
}

/** Determines what was exported: as the command line says, or as the record does. */
async function expectedOf(
  ctx: Context,
  pool: Pool,
  {
    path,
    sha256,
    experiment,
    options,
  }: { path: string; sha256: string; experiment: string | undefined; options: VerifyOptions },
): Promise<Expected> {
  const record = new ExportRecords(ctx.embeddedDirectory).of(path, sha256);
  if (experiment !== undefined) {
    return {
      request: await requestOf(ctx, [await find(ctx, EXPERIMENTS, experiment)], options),
      form: await formOf(ctx, options, fileFormatOf(options.format, path)),
    };
  }
  // Those with a `no-` have a value even if they are not given.
  const given = Object.entries({ ...options, noHeader: !options.header, noIds: !options.ids });
  const extra = given.find(([name, value]) => value && name !== 'header' && name !== 'ids');
  if (extra) {
    const flag = flagOf(extra[0]);
    throw new InvalidInputError(`${flag} needs the experiment: without it, the record of the export decides.`, {
      hint: 'Name the experiment after the file, or leave the option out.',
    });
  }
  if (record === undefined) {
    throw new InvalidInputError(`There is no record of the export of ${path}, so what it contains is unknown.`, {
      hint: 'Name the experiment after the file, with the options of the export.',
    });
  }
  if (record.database_identity !== (await identityOf(pool))) {
    throw new ConflictError(`${path} was exported from another database, then named "${record.database}".`, {
      hint: 'Use the settings of that database; or, to compare it with this one, name the experiment.',
    });
  }
  return { request: record.request, form: { ...DEFAULT_FORM, ...record.form }, record };
}
