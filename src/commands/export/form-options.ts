import type { Command } from '../../cli/command.ts';
import { DEFAULT_FORM, type ExportForm } from '../../export/export-form.ts';
import { TIME_FORMATS, type TimeFormat } from '../../export/time-text.ts';
import { FILE_FORMATS, type FileFormat } from './file-format.ts';

/** The options that say what the exported file looks like. */
export interface FormOptions {
  format?: FileFormat;
  timeFormat?: TimeFormat;
}

export function formOptions(command: Command): Command {
  return command
    .choice('--format <format>', 'of the file; default: by its suffix, else csv', FILE_FORMATS)
    .choice(
      '--time-format <format>',
      'fixed (default): always six digits; server: six digits or no fraction, as the server writes it',
      TIME_FORMATS,
    );
}

export function formOf(options: FormOptions, format: FileFormat): ExportForm {
  return { ...DEFAULT_FORM, encoding: encodingOf(format), time: { format: options.timeFormat ?? 'fixed' } };
}

function encodingOf(format: FileFormat): ExportForm['encoding'] {
  switch (format) {
    case 'csv':
      return { kind: 'csv' };
    case 'tsv':
      return { kind: 'csv', delimiter: '\t' };
    case 'ndjson':
      return { kind: 'ndjson' };
  }
}
