import type { Command } from '../../cli/command.ts';
import { repeated } from '../../cli/parse.ts';
import type { TimeRange } from '../../database/time-range.ts';
import { timeRangeOptions } from '../standard/time-range.ts';

/** What is drawn, and where. */
export interface PlotOptions extends TimeRange {
  event?: string[];
  output?: string;
  force?: boolean;
  watch?: boolean;
}

export function plotOptions(command: Command): Command {
  return command
    .option('--event <event>', 'only this event, or those of a pattern or @FILE; can be repeated', repeated)
    .with((parent) => timeRangeOptions(parent, 'times without an offset, and of the drawing'))
    .option(
      '--watch',
      'keep the drawing on the terminal, up to date and fitting the window, until Ctrl-C (exit code 130)',
    )
    .option('-o, --output <file>', 'write the drawing as SVG into this file; - for standard output')
    .option('--force', 'replace the file if it exists')
    .note(DRAWING);
}

const DRAWING = `
Each column of the drawing has the least and the greatest value of its time, so that no peak is lost. Events of the same unit share
a panel. A line ends where no datapoint came for five sampling intervals, and where values are NaN. Dashed lines are the thresholds
of rules; one that is too far from the values is named with an arrow only. The drawing fits the window; elsewhere it has 80 columns,
or as many as COLUMNS. --json and --format csv print the figures of the columns instead.
`;
