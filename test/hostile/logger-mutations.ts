import { type Form, fileOf } from '../ingest/loggers/logger-file.ts';
import { LOGGERS } from '../ingest/loggers/loggers.ts';
import { pick, type Random } from './random.ts';

/** A damaged file, and its form, which the damage may have changed. */
export interface Mutant {
  form: Form;
  text: string;
}

type Damage = (file: Mutant, random: Random) => Mutant;

/** Writes a file of some logger, and damages it; some stay as they are. */
export function loggerMutantOf(random: Random): Mutant {
  const form = pick(random, LOGGERS);
  const { text } = fileOf(form, 2 + random(12));
  let mutant: Mutant = { form, text };
  for (let times = random(4); times > 0; times--) {
    mutant = pick(random, DAMAGES)(mutant, random);
  }
  return mutant;
}

const inText =
  (change: (text: string, random: Random) => string): Damage =>
  ({ form, text }, random) => ({ form, text: change(text, random) });

const inLine =
  (change: (line: string, random: Random, form: Form) => string): Damage =>
  ({ form, text }, random) => {
    const lines = text.split('\n');
    const at = random(lines.length);
    lines[at] = change(lines[at] ?? '', random, form);
    return { form, text: lines.join('\n') };
  };

const cells = (line: string, delimiter: string) =>
  line.match(
    delimiter === ' '
      ? /[^ ]+/g
      : new RegExp(`(?:"[^"]*"|[^"${delimiter}])+|(?<=^|${delimiter})(?=${delimiter}|$)`, 'g'),
  ) ?? [];

const DAMAGES: Damage[] = [
  inText((text, random) => text.slice(0, random(text.length + 1))),
  inText((text, random) => text.slice(0, text.length - random(30))),
  inText((text, random) => spliced(text, random(text.length + 1), random(3), pick(random, PIECES))),
  inText((text, random) => spliced(text, random(text.length + 1), 1, pick(random, PIECES))),
  inText((text, random) => {
    const digits = [...text.matchAll(/\d/g)];
    return digits.length === 0 ? text : spliced(text, pick(random, digits).index, 1, String(random(10)));
  }),
  inText((text, random) => (random(2) === 0 ? text.replaceAll('"', '') : text.replace('"', ''))),
  inText((text, random) => text.replaceAll('\n', pick(random, ['\r\n', '\n\n', '\r']))),
  ({ form, text }, random) => ({
    form,
    text: text.replaceAll(form.delimiter ?? ',', pick(random, [',', ';', '\t', '|'])),
  }),
  inLine((line) => `${line}\n${line}`),
  inLine(() => ''),
  inLine((line, random) => line.slice(0, random(line.length + 1))),
  inLine((line, random, { delimiter = ',' }) => line.replaceAll(delimiter, pick(random, [',', ';', '\t', '|', ' ']))),
  inLine((line) => line.replaceAll('"', '')),
  inLine((line) => line.replace(/(\d\d)([./])(\d\d)(?=\2\d\d)/, '$3$2$1')),
  inLine((line, random, { delimiter = ',' }) => {
    const found = cells(line, delimiter);
    found[random(found.length)] = pick(random, CELLS);
    return found.join(delimiter);
  }),
  inLine((line, random, { delimiter = ',' }) => {
    const found = cells(line, delimiter);
    return [...found.slice(1), ...found.slice(0, 1)].join(delimiter).slice(0, line.length + random(2));
  }),
  ({ form, text }, random) => {
    const lines = text.split('\n');
    const [a, b] = [random(lines.length), random(lines.length)];
    return {
      form,
      text: lines
        .with(a, lines[b] ?? '')
        .with(b, lines[a] ?? '')
        .join('\n'),
    };
  },
  ({ form, text }) => {
    const { swapped } = form.time;
    return swapped === undefined
      ? { form, text }
      : { form: { ...form, time: swapped }, text: text.replace(/(\d\d)([./])(\d\d)(?=\2\d\d)/g, '$3$2$1') };
  },
  // Columns in another order, all lines alike.
  ({ form, text }, random) => {
    const { delimiter = ',', titles, above = [] } = form;
    const order = titles.map((_title, at) => at).sort(() => random(3) - 1);
    const lines = text.split('\n').map((line, at) => {
      const found = cells(line.replace(/\r$/, ''), delimiter);
      return at >= above.length && found.length === titles.length
        ? order.map((one) => found[one]).join(delimiter)
        : line;
    });
    return { form, text: lines.join('\n') };
  },
  // Words of the header.
  ({ form, text }, random) => {
    const word = pick(random, form.titles.length > 0 ? form.titles : ['101']);
    return { form, text: text.replace(word, pick(random, WORDS)) };
  },
];

function spliced(text: string, at: number, count: number, piece: string): string {
  return text.slice(0, at) + piece + text.slice(at + count);
}

const PIECES = [
  ...[
    '',
    '0',
    '1',
    '9',
    '-',
    '+',
    '.',
    ',',
    ';',
    '\t',
    ' ',
    ':',
    '/',
    '"',
    '""',
    '\n',
    '\r\n',
    '\n\n',
    '#',
    '\0',
    '\0\0\0\0',
  ],
  ...['ä', 'e5', 'x', 'NaN', 'null', '24:00', 'sep=;\n', '# remark\n', 'Time', 'Value,', '\n,,,\n', 'Mean,1,2,3\n'],
];
const CELLS = [
  '',
  '0',
  '-9999',
  '1e3',
  '12,5',
  '12.5',
  '1,234',
  '"1,234.5"',
  'NaN',
  'inf',
  'ERR',
  'bed',
  'T',
  '2026-01-31',
  '13:45:00',
  '31.01.2026 13:45:00',
  '1769860800',
];
const WORDS = [
  'T',
  'P',
  'bed',
  'air',
  'Temp',
  'time',
  'Time',
  'Date',
  'timestamp',
  'value',
  'event',
  'status',
  'x',
  '',
  '"Temp, °C"',
  'Temp (°F)',
  '1',
];
