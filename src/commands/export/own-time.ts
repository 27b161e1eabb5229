import type { Context } from '../../cli/context.ts';
import { parseDuration } from '../../cli/duration.ts';
import { parseTime } from '../../cli/time.ts';
import type { ExperimentRow } from '../../domain/experiments.ts';
import { InvalidInputError } from '../../errors.ts';

const OWN_TIME = /^(start|end)?(?:([+-])(\d.*))?$/i;
const UTC = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(?:\+00:00|Z)$/;

/** Whether a time counts from the start or the end of an experiment. */
export function isOwnTime(text: string): boolean {
  const [, from, sign] = OWN_TIME.exec(text) ?? [];
  return from !== undefined || sign !== undefined;
}

/**
 * Returns a parser of times, which also reads those of an experiment's own: `+10min` after its start, `-5min` before its end,
 * `start-1h`, `end`. A running experiment ends now. Without an experiment, `-5min` is a time ago, as everywhere.
 */
export function timesOf(experiment: ExperimentRow | undefined): typeof parseTime {
  return async (ctx, text, option) => {
    const [, word = '', sign, length] = OWN_TIME.exec(text) ?? [];
    const from = word.toLowerCase() || { '+': 'start', '-': 'end' }[sign ?? ''];
    if (from === undefined || (word === '' && sign === '-' && !experiment)) {
      return await parseTime(ctx, text, option);
    }
    if (!experiment) {
      throw new InvalidInputError(`${option} ${text} counts from the ${from} of an experiment, and none is named.`, {
        hint: 'Name one with --experiment, or pass a time such as 2026-01-31T13:45:00+01:00.',
      });
    }
    const seconds = length === undefined ? 0 : parseDuration(length, option);
    return shifted(ctx, experiment, from, sign === '-' ? -seconds : seconds, `${option} ${text}`);
  };
}

/** Returns ISO 8601 with the microseconds of the experiment's time, which a JavaScript Date would drop. */
function shifted(ctx: Context, experiment: ExperimentRow, from: string, seconds: number, given: string): string {
  const { name, startedOn, stoppedOn } = experiment;
  const time = from === 'start' ? startedOn : (stoppedOn ?? ctx.now().toISOString());
  const [, whole, fraction = ''] = UTC.exec(time ?? '') ?? [];
  if (whole === undefined) {
    throw new InvalidInputError(`${given}: experiment "${name}" has no ${from} to count from.`, {
      hint: 'Pass a time such as 2026-01-31T13:45:00+01:00.',
    });
  }
  const moment = new Date(Date.parse(`${whole}Z`) + seconds * 1000).toJSON();
  if (!/^(?!0000)\d{4}-/.test(moment ?? '')) {
    throw new InvalidInputError(`${given} is too far from the ${from} of experiment "${name}".`, {
      hint: 'Use a shorter time.',
    });
  }
  return `${moment.slice(0, 19)}${fraction}Z`;
}
