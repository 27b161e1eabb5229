/** Names that loggers and their programs use, compared by `normalized`. The more specific come first. */

export const TIME_NAMES = [
  'timestamp',
  'time stamp',
  'datetime',
  'date time',
  'time string',
  'timestring',
  'created at',
  'recorded at',
  'last changed',
  'last updated',
  'time',
  'date',
  'ts',
  'timestamp utc',
  'time utc',
  'datetime utc',
  'local time',
  'date and time',
  'zeitstempel',
  'datum zeit',
  'datum uhrzeit',
  'zeit',
  'datum',
  'horodatage',
  'date heure',
  'fecha tiempo',
  'fecha hora',
  'fecha y hora',
  'fecha',
  'hora',
  'data ora',
  'data hora',
  'datum tid',
  'datum tijd',
  'x value',
  'elapsed',
  'elapsed time',
];

/** Names of a column with the time of day, if another one holds the date. */
export const CLOCK_NAMES = ['time', 'clock', 'time of day', 'zeit', 'uhrzeit', 'heure', 'hora', 'ora', 'tijd', 'tid'];
/** Names of a column with the date, if another one holds the time of day. */
export const DATE_NAMES = ['date', 'day', 'datum', 'fecha', 'data', 'jour', 'dato'];

/** Of an export of several experiments. */
export const EXPERIMENT_NAMES = ['experiment name', 'experiment public id'];

export const EVENT_NAMES = [
  'event name',
  'event',
  'entity id',
  'field',
  'varname',
  'variable',
  'series',
  'metric',
  'sensor',
  'channel',
  'tag',
  'tagname',
  'tag name',
  'point',
  'signal',
  'parameter',
  'item',
  'name',
];

export const VALUE_NAMES = [
  'value',
  'varvalue',
  'state',
  'reading',
  'measurement',
  'wert',
  'messwert',
  'valeur',
  'valor',
];

/** Names of columns that number the rows, if they hold whole numbers. */
export const ROW_NUMBER_NAMES = [
  '',
  'record',
  'rn',
  'recnum',
  'record number',
  'row',
  'index',
  'id',
  'entry id',
  'nr',
  'n º',
  'nº',
];
/** Names of columns that number the rows, if the numbers rise. */
export const COUNTER_NAMES = ['no', 'number', 'line', 'sample', 'scan', 'table'];

/** Names of columns that judge the values, also with a number behind. */
export const FLAG_NAMES = [
  'validity',
  'quality',
  'status',
  'flag',
  'flags',
  'qc',
  'qualitycode',
  'quality code',
  'alarm',
];

/** What a logger writes about itself where the names of events are. */
export const LOG_MARKS = ['$RT_*$'];

/** Texts that stand for a missing value, in lower case. NaN is treated apart. */
export const MISSING_TEXTS = [
  '',
  'null',
  'na',
  'n/a',
  '#n/a',
  'none',
  'nil',
  '---',
  '--',
  '-',
  'unavailable',
  'unknown',
];

/** Returns a name for comparison: letters and digits in lower case, everything else as one blank. */
export function normalized(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
