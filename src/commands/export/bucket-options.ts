import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { durationText } from '../../cli/duration.ts';
import { ListOption } from '../../cli/option.ts';
import { wholeNumberBetween } from '../../cli/parse.ts';
import { timezoneOf } from '../../cli/timezone.ts';
import { InvalidInputError } from '../../errors.ts';
import type { ExportForm } from '../../export/export-form.ts';
import { AGGREGATES, type Aggregate } from '../../export/shape/aggregates.ts';
import type { BucketForm } from '../../export/shape/bucket-form.ts';
import { FILLS, type Fill } from '../../export/shape/filling.ts';
import type { HeaderStyle } from '../../export/shape/titled-events.ts';
import { defined } from '../../text/defined.ts';

export interface BucketOptions {
  every?: number;
  aggregate?: Aggregate[];
  fill?: Fill;
  minCount?: number;
  wide?: boolean;
  onDuplicate?: string;
  headerStyle?: HeaderStyle;
}

export function bucketOptions(command: Command): Command {
  return command
    .duration(
      '--every <duration>',
      'aggregate the values in buckets of this length, such as 10s, 1min, 1h or 1d, in the time zone',
    )
    .addOption(
      new ListOption('--aggregate <names>', `with --every: ${AGGREGATES.join(', ')}; default: mean`, AGGREGATES),
    )
    .choice('--fill <what>', 'with --every, what replaces missing buckets within an event; default: none', FILLS)
    .option(
      '--min-count <n>',
      'with --every: buckets with fewer values are missing',
      wholeNumberBetween(1, Number.MAX_SAFE_INTEGER),
    );
}

/**
 * Returns the form that the options ask for, or `undefined` without `--every`.
 * @throws InvalidInputError for options that cannot be combined
 */
export async function bucketFormOf(ctx: Context, options: BucketOptions): Promise<BucketForm | undefined> {
  const { every: seconds, aggregate: aggregates, fill, minCount, wide, onDuplicate, headerStyle } = options;
  if (seconds === undefined) {
    const [given] = Object.keys(defined({ '--aggregate': aggregates, '--fill': fill, '--min-count': minCount }));
    if (given !== undefined) {
      throw new InvalidInputError(`${given} needs --every: otherwise there are no buckets.`, {
        hint: `Add --every with their length, such as --every 1min, or omit ${given}.`,
      });
    }
    return undefined;
  }
  if (onDuplicate !== undefined) {
    throw new InvalidInputError(
      '--on-duplicate and --every cannot be combined: a bucket aggregates all of its values.',
      {
        hint: 'Omit --on-duplicate.',
      },
    );
  }
  if (headerStyle !== undefined && !wide) {
    throw new InvalidInputError('--header-style needs --wide: without it, there are no columns of events.', {
      hint: 'Add --wide, or omit --header-style.',
    });
  }
  const timezone = (await timezoneOf(ctx)).name;
  return { kind: 'buckets', seconds, timezone, ...defined({ aggregates, fill, minCount, wide, headerStyle }) };
}

/** A sentence on the buckets of an export; empty if there are none. */
export function bucketNote(shape: ExportForm['shape']): string {
  return shape.kind === 'buckets'
    ? `\nBuckets of ${durationText(shape.seconds)} in the time zone ${shape.timezone}.`
    : '';
}
