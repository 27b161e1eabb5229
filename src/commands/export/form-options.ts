import type { Command } from '../../cli/command.ts';
import { DEFAULT_FORM, type ExportForm } from '../../export/export-form.ts';
import { TIME_FORMATS, type TimeFormat } from '../../export/time-text.ts';

/** The options that say what the exported file looks like. */
export interface FormOptions {
  timeFormat?: TimeFormat;
}

export function formOptions(command: Command): Command {
  return command.choice(
    '--time-format <format>',
    'fixed (default): always six digits; server: six digits or no fraction, as the server writes it',
    TIME_FORMATS,
  );
}

export function formOf(options: FormOptions): ExportForm {
  return { ...DEFAULT_FORM, time: { format: options.timeFormat ?? 'fixed' } };
}
