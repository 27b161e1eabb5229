import { pick, type Random } from './random.ts';

/** The events of the database. */
export const EVENTS = [
  { publicId: '11111111-aaaa-4000-8000-000000000001', name: 'Bed temperature' },
  { publicId: '22222222-bbbb-4000-8000-000000000002', name: 'Air flow' },
  { publicId: '33333333-cccc-4000-8000-000000000003', name: 'größe, "m"' },
];

const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Creates a CSV file with damages to its cells, lines or bytes; some stay valid. */
export function mutantOf(random: Random): Buffer {
  const rows = 1 + random(12);
  const delimiter = pick(random, [',', ',', ';', '\t']);
  const lines = pick(random, FILES)(random, rows).map((cells) => cells.map(quoted));
  for (let times = random(3); times > 0; times--) {
    const line = pick(random, lines);
    line[random(line.length)] = pick(random, CELLS);
  }
  const end = pick(random, ['\n', '\n', '\r\n']);
  let text = lines.map((cells) => cells.join(delimiter)).join(end) + pick(random, [end, '', end + end]);
  for (let times = random(3); times > 0; times--) {
    const at = random(text.length + 1);
    text = `${text.slice(0, at)}${pick(random, PIECES)}${text.slice(at + random(3))}`;
  }
  const bytes = Buffer.from(random(10) === 0 ? `\ufeff${text}` : text, random(60) === 0 ? 'utf16le' : 'utf8');
  if (random(20) === 0 && bytes.length > 0) {
    bytes.writeUInt8(random(256), random(bytes.length));
  }
  return bytes;
}

const timeOf = (random: Random, row: number) =>
  `2026-0${1 + random(9)}-1${random(10)}${pick(random, ['T', ' '])}1${row % 10}:00:${10 + row}${pick(random, ['Z', '+01:00', '.123456Z', '.5-0330', ''])}`;
const aValue = (random: Random) => pick(random, ['1', '-2.5', '1e3', 'NaN', '-Infinity', `${random(1e6) / 1000}`]);

/** Each form of a file: its cells, the header first. */
const FILES: ((random: Random, rows: number) => string[][])[] = [
  (random, rows) => [
    ['timestamp', 'event', 'value'],
    ...rowsOf(rows, (row) => [
      timeOf(random, row),
      pick(random, EVENTS)[pick(random, ['name', 'publicId'] as const)],
      aValue(random),
    ]),
  ],
  (random, rows) => [
    ['timestamp', 'event_name', 'event_public_id', 'value', 'unit', 'datapoint_public_id'],
    ...rowsOf(rows, (row) => {
      const { name, publicId } = pick(random, EVENTS);
      return [timeOf(random, row), name, publicId, aValue(random), 'K', `id-${row}`];
    }),
  ],
  (random, rows) => [
    ['timestamp', ...EVENTS.map(({ name }) => name)],
    ...rowsOf(rows, (row) => [timeOf(random, row), ...EVENTS.map(() => (random(4) === 0 ? '' : aValue(random)))]),
  ],
];

function rowsOf(count: number, row: (at: number) => string[]): string[][] {
  return Array.from({ length: count }, (_, at) => row(at));
}

const CELLS = [
  ...[
    '',
    ' ',
    '"',
    '""',
    '"a\nb"',
    ' 5 ',
    '1,5',
    '0x1F',
    '1_000',
    '1e400',
    '1e-400',
    'inf',
    '+.5',
    '5.',
    '١٢',
    'null',
    '\\N',
    '\\.',
  ],
  ...[
    '2026-02-30T00:00:00Z',
    '2026-01-01',
    '2026-01-01T24:00:00Z',
    '10000-01-01 00:00:00+00',
    '0044-03-15 00:00:00+00 BC',
  ],
  ...[
    'infinity',
    '-infinity',
    'now',
    'epoch',
    '2026-01-01T00:00:00.1234567Z',
    '2026-01-01T00:00Z',
    '2026-01-01T00:00:00+16:30',
  ],
  ...[
    'timestamp',
    'value',
    'AIR FLOW',
    ' Air flow ',
    'Air',
    "'; drop table datapoints; --",
    '\u202eevil',
    'a\0b',
    'x'.repeat(300),
  ],
];
const PIECES = [
  '',
  '\n',
  '\r',
  '\r\n',
  ',',
  ';',
  '\t',
  '"',
  '""',
  '\0',
  '\\',
  '\\.\n',
  '\ufeff',
  '\ud800',
  'ä',
  '\u2028',
  '9'.repeat(40),
  '"\n"',
  ',,,',
  '#',
];
