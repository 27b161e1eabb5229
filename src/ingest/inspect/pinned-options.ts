import { isDeepStrictEqual } from 'node:util';
import { InvalidInputError } from '../../errors.ts';
import { defined } from '../../text/defined.ts';
import { type PlanContext, planFor } from '../plan/plan-for.ts';
import type { ReadingOptions } from '../plan/reading-options.ts';
import type { ReadingPlan } from '../plan/reading-plan.ts';
import type { PlannedFile } from './file-plan.ts';

/**
 * Returns options that make an import read a file as the plan says, whatever its first part suggests: those given, and what
 * was found in the file where it is not what a file without options has.
 * @param timezone of times without an offset, if the file does not state it
 * @param contextOf makes what a plan refers to, for one plan
 */
export function pinnedOptions(
  { sample, plan }: Pick<PlannedFile, 'sample' | 'plan'>,
  given: ReadingOptions,
  timezone: string | undefined,
  contextOf: () => PlanContext,
): ReadingOptions {
  const { timezone: _zone, defaultTimezone: _default, timeFormat: _format, ...others } = given;
  const { name: timeFormat } = plan.time.format;
  const base = { ...others, ...defined({ timezone, timeFormat: timeFormat === 'iso' ? undefined : timeFormat }) };
  const isSame = (options: ReadingOptions) => {
    try {
      return isDeepStrictEqual(formOf(planFor(sample, options, contextOf())), formOf(plan));
    } catch (error) {
      if (error instanceof InvalidInputError) {
        return false;
      }
      throw error;
    }
  };
  const pins = Object.entries(pinsOf(plan)).filter(([name]) => !(name in given));
  const all = { ...base, ...Object.fromEntries(pins) };
  if (isSame(all)) {
    return all;
  }
  // Such as the name of a column that another one has, too.
  let options: ReadingOptions = base;
  for (const [name, value] of pins) {
    const more = { ...options, [name]: value };
    options = isSame(more) ? more : options;
  }
  return options;
}

/** What was found in the file, where it is not what most files have. */
function pinsOf({ table, titles, layout, values }: ReadingPlan): ReadingOptions {
  const titleOf = (column: number) => titles[column]?.text ?? '';
  const times = layout.time.map(titleOf);
  const options = {
    delimiter: table.delimiter === ',' ? undefined : table.delimiter,
    comment: table.comment,
    headerLine: table.header.line === 1 ? undefined : table.header.line,
    timeColumns: times.length === 1 && times[0] === 'timestamp' ? undefined : times,
    decimal: values.decimal === '.' ? undefined : values.decimal,
  };
  if (layout.kind === 'wide') {
    return defined(options);
  }
  const name = 'only' in layout.event || layout.event.publicId !== undefined ? undefined : layout.event.name;
  const value = titleOf(layout.value);
  return defined({
    ...options,
    eventColumn: name === undefined || titleOf(name) === 'event' ? undefined : titleOf(name),
    valueColumn: value === 'value' ? undefined : value,
  });
}

/** What two plans have in common that read a file alike. */
function formOf({ table, layout, values, titles, ignored }: ReadingPlan) {
  const { delimiter, comment, header, below, firstLine } = table;
  const events = layout.kind === 'wide' ? layout.events.map(({ column, event }) => [column, event.name]) : [];
  const { event: _event, ...columns } = layout.kind === 'long' ? layout : { ...layout, event: undefined };
  return {
    ...{ delimiter, comment, line: header.line, below: below.length, firstLine, titles, ignored, events },
    columns: { ...columns, events: undefined },
    ...{ decimal: values.decimal, keepNan: values.keepNan },
  };
}
