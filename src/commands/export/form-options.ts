import { Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { flagOf } from '../../cli/option.ts';
import { wholeNumberBetween } from '../../cli/parse.ts';
import { InvalidInputError } from '../../errors.ts';
import type { CsvForm, Delimiter } from '../../export/encoding/csv.ts';
import { EXCEL_LOCALES, type ExcelLocale, excelForm } from '../../export/encoding/excel.ts';
import { MAX_DIGITS } from '../../export/encoding/number-text.ts';
import type { ExportForm } from '../../export/export-form.ts';
import { HEADER_STYLES, type HeaderStyle } from '../../export/shape/titled-events.ts';
import { WIDE_DUPLICATES, type WideDuplicates } from '../../export/shape/wide.ts';
import { TIME_FORMATS, type TimeFormat } from '../../export/time-text.ts';
import { splitQuoted } from '../../ingest/quoted.ts';
import { defined } from '../../text/defined.ts';
import { VERSION } from '../../version.ts';
import { type BucketOptions, bucketFormOf, bucketOptions } from './bucket-options.ts';
import { FILE_FORMATS, type FileFormat } from './file-format.ts';

const DELIMITERS = { ',': ',', ';': ';', '|': '|', tab: '\t' } as const satisfies Record<string, Delimiter>;

/** The options that say what the exported file looks like. */
export interface FormOptions extends BucketOptions {
  format?: FileFormat;
  wide?: boolean;
  onDuplicate?: WideDuplicates;
  headerStyle?: HeaderStyle;
  columns?: string[];
  header?: boolean;
  delimiter?: keyof typeof DELIMITERS;
  decimal?: '.' | ',';
  digits?: number;
  excel?: ExcelLocale;
  timeFormat?: TimeFormat;
  timezone?: string;
  /** False with `--no-ids`. */
  ids?: boolean;
  preamble?: boolean;
}

export function formOptions(command: Command): Command {
  return command
    .optionsGroup('Its rows:')
    .option('--wide', 'a row for each time, with a column for each event: "Bed temperature [°C]"')
    .choice(
      '--on-duplicate <what>',
      'with --wide, for several datapoints of an event and time; default: error',
      WIDE_DUPLICATES,
    )
    .choice('--header-style <style>', 'with --wide, what names an event; default: name-unit', HEADER_STYLES)
    .with(bucketOptions)
    .optionsGroup('What the file looks like:')
    .choice('--format <format>', 'of the file; default: by its suffix, else csv', FILE_FORMATS)
    .addOption(
      new Option(
        '--excel [language]',
        'CSV that a double click opens correctly in Excel of this language, such as de, fr or en (default)',
      )
        .choices(EXCEL_LOCALES)
        .preset('en'),
    )
    .choice(
      '--time-format <format>',
      'fixed (default), always with six digits; iso, as many as needed; server, six or none; epoch, seconds since 1970; ' +
        'epoch-ms; excel, days of a spreadsheet; relative, seconds since the start of the experiment',
      TIME_FORMATS,
    )
    .option('--columns <columns>', 'only these, in this order, such as timestamp,event_name,value', columnNames)
    .option('--no-ids', 'without the public ids of the datapoints: a smaller file, faster')
    .option(
      '--digits <n>',
      `decimals of each value, 0 to ${MAX_DIGITS}; default: as many as it needs`,
      wholeNumberBetween(0, MAX_DIGITS),
    )
    .choice('--decimal <character>', 'decimal sign; default: a dot', ['.', ','])
    .choice('--delimiter <character>', 'of CSV; default: a comma, or ; with --decimal ,', Object.keys(DELIMITERS))
    .option('--no-header', 'without the line of column names')
    .option('--preamble', 'comments (# KEY: VALUE) above the data: the experiment, its times and owner, the events');
}

/** The formats that an option applies to. */
const APPLIES_TO = {
  header: ['csv', 'tsv'],
  delimiter: ['csv'],
  decimal: ['csv', 'tsv'],
  digits: ['csv', 'tsv', 'ndjson'],
  excel: ['csv', 'tsv'],
  timeFormat: ['csv', 'tsv', 'ndjson'],
  preamble: ['csv', 'tsv', 'parquet'],
} satisfies Partial<Record<keyof FormOptions, FileFormat[]>>;
type Limited = keyof typeof APPLIES_TO;

/** @throws InvalidInputError for options that cannot be combined */
export async function formOf(ctx: Context, options: FormOptions, format: FileFormat): Promise<ExportForm> {
  // `--no-header` is the only one with a value where it is not given.
  const { header, ...others } = options;
  const given = { ...others, ...(header === false && { header }) };
  // The type of Object.keys does not know the keys.
  for (const name of Object.keys(APPLIES_TO) as Limited[]) {
    const formats: FileFormat[] = APPLIES_TO[name];
    if (given[name] !== undefined && !formats.includes(format)) {
      const flag = flagOf(name === 'header' ? 'noHeader' : name);
      throw new InvalidInputError(`${flag} does not apply to --format ${format}.`, {
        hint: `Leave it out, or use --format ${formats.join(' or ')}.`,
      });
    }
  }
  refuseTogether(given);
  return {
    shape: (await bucketFormOf(ctx, given)) ?? shapeOf(given),
    encoding: encodingOf(given, format),
    time: { format: given.timeFormat ?? (given.excel ? 'sheet' : 'fixed'), ...defined({ timezone: given.timezone }) },
    ...defined({ columns: given.columns, preamble: given.preamble ? { program: VERSION } : undefined }),
  };
}

/** Refuses what would make no difference. */
function refuseTogether({ ids, wide, every, header, headerStyle, columns }: FormOptions): void {
  if (ids === false && (wide || every !== undefined)) {
    throw new InvalidInputError(
      `--no-ids and ${wide ? '--wide' : '--every'} cannot be combined: only rows of single datapoints have their ids.`,
      { hint: 'Omit --no-ids.' },
    );
  }
  if (header === false && headerStyle !== undefined && columns === undefined) {
    throw new InvalidInputError('--header-style and --no-header cannot be combined: there would be no header.', {
      hint: 'Omit one of them.',
    });
  }
}

function encodingOf(given: FormOptions, format: FileFormat): ExportForm['encoding'] {
  const { digits } = given;
  switch (format) {
    case 'csv':
    case 'tsv':
      return csvOf(given, format);
    case 'ndjson':
      return { kind: 'ndjson', ...defined({ digits }) };
    case 'parquet':
    case 'xlsx':
      return { kind: format };
  }
}

function csvOf({ header, delimiter, decimal, digits, excel }: FormOptions, format: 'csv' | 'tsv'): CsvForm {
  const base: CsvForm = excel ? excelForm(excel) : { kind: 'csv', ...(decimal === ',' && { delimiter: ';' }) };
  const chosen = format === 'tsv' ? '\t' : delimiter && DELIMITERS[delimiter];
  const form = { ...base, ...defined({ delimiter: chosen, decimal, digits, header }) };
  if (form.delimiter === ',' && form.decimal === ',') {
    const which = delimiter === undefined ? `--excel ${excel}` : '--delimiter ,';
    throw new InvalidInputError(`${which} and ${decimal ? '--decimal ,' : `--excel ${excel}`} contradict each other.`, {
      hint: 'Separate columns by another delimiter, such as ";", or use a dot as the decimal sign.',
    });
  }
  return form;
}

function columnNames(text: string): string[] {
  const names = splitQuoted(text, ',');
  if (typeof names === 'string') {
    throw new InvalidInputError(`--columns: the quotes in ${text} do not match.`, {
      hint: 'Separate the names by commas, and put a name that has one in double quotes.',
    });
  }
  return names;
}

function shapeOf({ wide, onDuplicate, headerStyle, ids }: FormOptions): ExportForm['shape'] {
  if (wide) {
    return { kind: 'wide', ...defined({ onDuplicate, headerStyle }) };
  }
  for (const [flag, value] of Object.entries({ '--on-duplicate': onDuplicate, '--header-style': headerStyle })) {
    if (value !== undefined) {
      throw new InvalidInputError(`${flag} ${value} needs --wide: without it, every datapoint has a row.`, {
        hint: `Add --wide, or omit ${flag}.`,
      });
    }
  }
  return { kind: 'long', ...defined({ ids }) };
}
