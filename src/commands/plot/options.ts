import type { Command } from '../../cli/command.ts';
import { type SelectionOptions, selectionOptions } from '../export/selection.ts';

export interface PlotOptions extends Omit<SelectionOptions, 'layout'> {
  output?: string;
  force?: boolean;
  watch?: boolean;
}

export function plotOptions(command: Command): Command {
  return command
    .with((parent) => selectionOptions(parent, 'times without an offset, and of the drawing'))
    .optionsGroup('Where it is drawn:')
    .option('--watch', 'keep it on the terminal, up to date and fitting the window, until Ctrl-C (exit code 130)')
    .option('-o, --output <file>', 'write it as SVG into this file, also .svg.gz or .svg.zst; - for standard output')
    .option('--force', 'replace the file if it exists')
    .note(DRAWING);
}

const DRAWING = `
Each column of the drawing has the least and the greatest value of its time, so that no peak is lost. Events of the same unit share
a panel. A line ends where no datapoint came for five sampling intervals, and where values are NaN. Dashed lines are the thresholds
of rules; one that is too far from the values is named with an arrow only. The drawing fits the window; elsewhere it has 80 columns,
or as many as COLUMNS. --json and --format csv print the figures of the columns instead.
`;
