import { aWheel, type WheelParts } from '../plugins/wheel.ts';
import type { ZipEntry } from '../plugins/zip.ts';
import { pick, type Random } from './random.ts';

export interface Mutant {
  file: string;
  bytes: Buffer;
}

/** Creates a wheel that is damaged in its parts, in the bytes of the archive, or in both. */
export function mutantOf(random: Random): Mutant {
  const parts = pick(random, GOOD);
  const before = random(3) > 0;
  const { file, bytes } = aWheel(before ? { ...parts, ...pick(random, DAMAGES)(random, parts) } : parts);
  let damaged = bytes;
  for (let times = before ? Number(random(4) === 0) : 1 + random(4); times > 0; times--) {
    damaged = pick(random, BYTE_DAMAGES)(random, damaged);
  }
  return {
    file: random(20) === 0 ? textDamage(random, file).replaceAll('/', '_').replaceAll('\0', '') || 'x' : file,
    bytes: damaged,
  };
}

const GOOD: WheelParts[] = [
  {},
  { name: 'Other.Plugin', version: '2!1.0rc1+local.7', plugins: ['a', 'b', 'c'] },
  {
    files: [
      { name: 'demo_plugin/', mode: 0o40755 },
      { name: 'demo_plugin/größe.txt', content: 'ä', method: 8 },
    ],
  },
  {
    files: Array.from({ length: 40 }, (_, at) => ({
      name: `demo_plugin/f${at}.py`,
      content: `${at}\n`.repeat(at * 20),
      method: 8,
    })),
  },
  { zip: { comment: Buffer.from('a comment') }, tag: 'py3-none-any' },
];

const NAMES = [
  ...[
    '../evil',
    '/etc/cron.d/evil',
    'a/../../evil',
    'C:\\evil',
    'a\\..\\evil',
    '..',
    '.',
    '',
    'a//b',
    './a',
    'nul\0',
    '~/.ssh/x',
  ],
  ...[
    'demo_plugin/__init__.py',
    'DEMO_PLUGIN/__init__.py',
    'demo_plugin',
    'x.dist-info/METADATA',
    '\u202egnp.py',
    '%2e%2e/evil',
    '...',
  ],
];
const NUMBERS = [0, 1, 2, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 2 ** 20, 600 * 2 ** 20];

type Damage = (random: Random, parts: WheelParts) => WheelParts;

const DAMAGES: Damage[] = [
  (random) => ({
    entries: (all) => [
      { name: pick(random, NAMES), content: 'x', mode: pick(random, [0, 0o120777, 0o100644, 0o777]) },
      ...all,
    ],
  }),
  (random) => ({ entries: (all) => onOne(random, all, () => ({ name: pick(random, NAMES) })) }),
  (random) => ({ entries: (all) => onOne(random, all, ({ name }) => ({ name: textDamage(random, `${name}`) })) }),
  (random) => ({
    entries: (all) => onOne(random, all, ({ content = '' }) => ({ content: textDamage(random, `${content}`) })),
  }),
  (random) => ({
    entries: (all) => onOne(random, all, () => ({ declared: { size: number(random), packed: number(random) } })),
  }),
  (random) => ({ entries: (all) => onOne(random, all, () => ({ method: pick(random, [0, 8, 9, 12, 14, 93, 99]) })) }),
  (random) => ({ entries: (all) => onOne(random, all, () => ({ flags: random(0x10000) })) }),
  (random) => ({ entries: (all) => onOne(random, all, () => ({ mode: random(0x10000) })) }),
  (random) => ({ entries: (all) => onOne(random, all, () => ({ extra: noise(random, random(40)) })) }),
  (random) => ({
    entries: (all) => onOne(random, all, () => ({ local: { size: number(random), crc: number(random) } })),
  }),
  (random) => ({ entries: (all) => onOne(random, all, () => bomb(random)) }),
  (random) => ({ entries: (all) => all.filter(() => random(4) > 0) }),
  (random) => ({ entries: (all) => [...all, pick(random, all)] }),
  (random) => ({ zip: { end: { entries: number(random), size: number(random), start: number(random) } } }),
  (random) => ({ zip: { comment: noise(random, random(200)), zip64: random(2) === 0 } }),
  (random) => ({ zip: { beforeDirectory: noise(random, random(200)), trailing: noise(random, random(30)) } }),
  (random) => ({ plugins: textDamage(random, '[webmacs.plugins]\na = b:c\n# x\n[other]\n') }),
  (random) => ({ metadata: textDamage(random, 'Metadata-Version: 2.1\nName: demo-plugin\nVersion: 1.0\n\nText.\n') }),
  (random) => ({ wheel: textDamage(random, 'Wheel-Version: 1.0\nTag: py3-none-any\n') }),
  (random) => ({
    wheel: `Wheel-Version: 1.0\n${`Tag: ${'a.'.repeat(random(900))}b-${'c.'.repeat(random(900))}d-any\n`.repeat(3)}`,
  }),
  (random) => ({ record: (lines) => lines.map((line) => (random(3) === 0 ? textDamage(random, line) : line)) }),
  (random) => ({ plugins: `[webmacs.plugins]\n${' '.repeat(random(60_000))}a${' '.repeat(random(3000))}` }),
];

// Allocated once, so that the fuzzer's own memory is not mistaken for that of the reader.
const LARGE = Buffer.alloc(20e6);
const SMALL = LARGE.subarray(0, 300_000);

/** Creates an entry that is larger than declared, or declared and far too large. */
function bomb(random: Random): Partial<ZipEntry> {
  const declared = random(2) === 0 ? { declared: { size: number(random) } } : {};
  return { content: random(50) === 0 ? LARGE : SMALL, method: 8, ...declared };
}

type ByteDamage = (random: Random, bytes: Buffer) => Buffer;

const BYTE_DAMAGES: ByteDamage[] = [
  (random, bytes) => changed(bytes, (copy) => copy.length > 0 && copy.writeUInt8(random(256), random(copy.length))),
  (random, bytes) =>
    changed(bytes, (copy) => copy.length > 4 && copy.writeUInt32LE(number(random) >>> 0, random(copy.length - 4))),
  (random, bytes) => bytes.subarray(0, random(bytes.length + 1)),
  (random, bytes) => bytes.subarray(random(Math.min(bytes.length, 60) + 1)),
  (random, bytes) => {
    const at = random(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), noise(random, 1 + random(30)), bytes.subarray(at)]);
  },
  (random, bytes) => {
    const at = random(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(30))]);
  },
  (random, bytes) => {
    const [from, to] = [random(bytes.length + 1), random(bytes.length + 1)];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, from + random(300)), bytes.subarray(to)]);
  },
  // A field of a header, which random changes rarely hit.
  (random, bytes) => {
    const signature = pick(random, ['PK\u0001\u0002', 'PK\u0003\u0004', 'PK\u0005\u0006']);
    const at = bytes.indexOf(signature, random(bytes.length)) + 4 + random(42);
    return changed(bytes, (copy) => at > 4 && at + 4 <= copy.length && copy.writeUInt32LE(number(random) >>> 0, at));
  },
];

function onOne(random: Random, all: ZipEntry[], change: (entry: ZipEntry) => Partial<ZipEntry>): ZipEntry[] {
  const chosen = random(all.length);
  return all.map((entry, at) => (at === chosen ? { ...entry, ...change(entry) } : entry));
}

function textDamage(random: Random, text: string): string {
  const at = random(text.length + 1);
  const cut = random(8);
  const put = pick(random, [
    '',
    '\n',
    '\r\n',
    ',',
    '"',
    '=',
    '-',
    '..',
    '/',
    '\0',
    'ä',
    '\ud800',
    ' ',
    ':',
    '[',
    '9'.repeat(60),
    text,
  ]);
  return `${text.slice(0, at)}${put}${text.slice(at + cut)}`;
}

function changed(bytes: Buffer, change: (copy: Buffer) => unknown): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

function noise(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)));
}

function number(random: Random): number {
  return random(2) === 0 ? pick(random, NUMBERS) : random(5000);
}
