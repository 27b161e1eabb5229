import { InvalidInputError } from '../../errors.ts';

/** The bounds of a wheel. Packed is the server's own bound; the others stop an archive that unpacks to a bomb. */
export const MAX_PACKED_BYTES = 50 * 1024 * 1024;
export const MAX_UNPACKED_BYTES = 500 * 1024 * 1024;
export const MAX_ENTRIES = 10_000;
/** Of METADATA, which holds a description, and of RECORD, which has a line an entry. */
export const MAX_TEXT_BYTES = 4 * 1024 * 1024;
/** Of WHEEL and entry_points.txt. */
export const MAX_SHORT_TEXT_BYTES = 64 * 1024;

/** The rules that a wheel is measured by. */
export const RULES = {
  'file-name': 'a wheel is named NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl',
  size: 'a wheel has at most 50 MiB',
  archive:
    'a wheel is one whole ZIP archive with a central directory, and nothing before, between or behind its entries',
  entries: 'a wheel has at most 10,000 entries',
  unpacked: 'a wheel unpacks to at most 500 MiB, and each entry to the size that it declares',
  encryption: 'no entry is encrypted',
  compression: 'an entry is stored or deflated',
  zip64: 'a wheel of this size needs no ZIP64',
  'data-descriptor': 'the sizes of an entry stand before its data',
  header: 'an entry says the same of itself in the central directory and before its data',
  checksum: 'the CRC-32 of an entry is that of its data',
  path: 'a path is relative, of plain names with "/" between them',
  'file-type': 'an entry is a regular file or a directory',
  duplicate: 'no two entries have the same path, also where upper and lower case are the same',
  'dist-info': 'a wheel has exactly one .dist-info directory, named for name and version',
  metadata: 'METADATA has one Name and one Version',
  name: 'a name has letters, digits, ".", "_" and "-" only, and is the same in file name, .dist-info and METADATA',
  version: 'a version follows PEP 440, and is the same in file name, .dist-info and METADATA',
  tags: 'the file WHEEL is of version 1 and has the tags of the file name',
  record: 'RECORD lists every file, with its hash (SHA-256 or longer) and size',
  'entry-points': 'entry_points.txt has a group [webmacs.plugins] with at least one plugin, as NAME = MODULE:OBJECT',
} as const;

export type Rule = keyof typeof RULES;

/** A wheel that breaks a rule: which file, which entry of it where one is to blame, and which rule. */
export class WheelRefusal extends InvalidInputError {
  readonly file: string;
  readonly entry: string | undefined;
  readonly rule: Rule;

  constructor(file: string, rule: Rule, what: string, { entry, cause }: { entry?: string; cause?: unknown } = {}) {
    const at = entry === undefined ? file : `${file}, entry "${entry}"`;
    super(`${at}: ${what}.`, { hint: `The rule: ${RULES[rule]}.`, cause });
    this.file = file;
    this.entry = entry;
    this.rule = rule;
  }
}
