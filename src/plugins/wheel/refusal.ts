import { InvalidInputError } from '../../errors.ts';

/** Limits of a wheel. The packed size is the server's own limit; the others protect against decompression bombs. */
export const MAX_PACKED_BYTES = 50 * 1024 * 1024;
export const MAX_UNPACKED_BYTES = 500 * 1024 * 1024;
export const MAX_ENTRIES = 10_000;
/** For METADATA, which contains the description, and RECORD, which has one line per entry. */
export const MAX_TEXT_BYTES = 4 * 1024 * 1024;
/** For WHEEL and entry_points.txt. */
export const MAX_SHORT_TEXT_BYTES = 64 * 1024;

/** The rules that a wheel must follow. */
const RULES = {
  'file-name': 'a wheel is named NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl',
  size: 'a wheel has at most 50 MiB',
  archive:
    'a wheel is one complete ZIP archive with a central directory, and nothing before, between or after its entries',
  entries: 'a wheel has at most 10,000 entries',
  unpacked: 'a wheel unpacks to at most 500 MiB, and each entry to its declared size',
  encryption: 'no entry is encrypted',
  compression: 'an entry is stored or deflated',
  zip64: 'a wheel of this size needs no ZIP64',
  'data-descriptor': 'the sizes of an entry are stored before its data',
  header: 'the headers of an entry, in the central directory and before its data, are the same',
  checksum: 'the CRC-32 of an entry matches its data',
  path: 'a path is relative and consists of plain names separated by "/"',
  'file-type': 'an entry is a regular file or a directory',
  duplicate: 'no two entries have the same path, even on a file system that ignores case',
  'dist-info': 'a wheel has exactly one .dist-info directory, named NAME-VERSION.dist-info',
  metadata: 'METADATA has one Name and one Version, and Metadata-Version 1 or 2',
  'data-directory': 'a .data directory contains only the directories purelib, platlib, headers, scripts and data',
  name: 'a name consists of letters, digits, ".", "_" and "-", and is the same in file name, .dist-info and METADATA',
  version: 'a version follows PEP 440, and is the same in file name, .dist-info and METADATA',
  tags: 'the file WHEEL has version 1 and the tags of the file name',
  record: 'RECORD lists every file, with its hash (SHA-256 or longer) and size',
  'entry-points': 'entry_points.txt has a group [webmacs.plugins] with at least one plugin, as NAME = MODULE:OBJECT',
} as const;

export type Rule = keyof typeof RULES;
type RefusalDetails = { entry?: string | undefined; cause?: unknown };

/** A wheel that violates a rule: the file, the entry (if it is about one) and the rule. */
export class WheelRefusal extends InvalidInputError {
  readonly file: string;
  readonly entry: string | undefined;
  readonly rule: Rule;

  constructor(file: string, rule: Rule, what: string, { entry, cause }: RefusalDetails = {}) {
    const at = entry === undefined ? file : `${file}, entry "${entry}"`;
    super(`${at}: ${what}.`, { hint: `The rule: ${RULES[rule]}.`, cause });
    this.file = file;
    this.entry = entry;
    this.rule = rule;
  }
}
