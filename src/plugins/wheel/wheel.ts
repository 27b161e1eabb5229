import { createHash } from 'node:crypto';
import { NAME_PATTERN, sameName } from '../package-name.ts';
import { compareVersions, parseVersion, VERSION_LIMITS } from '../version.ts';
import { Archive, type ArchiveEntry } from './archive.ts';
import { pluginEntryPoints } from './entry-points.ts';
import { expandTag, parseWheelName, type WheelName } from './file-name.ts';
import { type Headers, parseHeaders } from './headers.ts';
import { checkRecord } from './record-check.ts';
import { MAX_PACKED_BYTES, MAX_SHORT_TEXT_BYTES, MAX_TEXT_BYTES, type Rule, WheelRefusal } from './refusal.ts';

/** A valid wheel. */
export interface Wheel {
  /** The file name, without a directory. */
  file: string;
  /** The spelling of METADATA. */
  name: string;
  version: string;
  summary: string | undefined;
  requiresPython: string | undefined;
  /** Such as `py3-none-any`. */
  tags: string[];
  /** The names of the entry points in the group `webmacs.plugins`. */
  pluginIds: string[];
  sizeBytes: number;
  /** In hex. */
  sha256: string;
  entries: number;
  unpackedBytes: number;
  bytes: Buffer;
}

const MAX_NAME_CHARACTERS = 255;

/**
 * Checks a wheel against the specification of the format and the rules of the server. Nothing is unpacked to disk, and
 * entries are unpacked into memory in chunks.
 * @param bytes the whole file
 * @param file its name, without a directory
 * @see https://packaging.python.org/en/latest/specifications/binary-distribution-format/
 * @throws WheelRefusal with the file, the entry and the rule
 */
export async function inspectWheel(bytes: Buffer, file: string): Promise<Wheel> {
  const named = parseWheelName(file);
  if (bytes.length > MAX_PACKED_BYTES) {
    throw new WheelRefusal(file, 'size', `it has ${bytes.length} bytes`);
  }
  const archive = await Archive.open(bytes, file);
  const folder = distInfo(archive, named);
  const metadata = await headersOf(archive, `${folder}/METADATA`, 'metadata');
  const name = nameOf(metadata, archive, folder, named);
  const version = versionOf(metadata, archive, folder, named);
  checkMetadataVersion(metadata, archive, folder);
  checkDataDirectories(archive);
  await checkTags(archive, folder, named);
  const pluginIds = await pluginsOf(archive, folder);
  await checkRecord(archive, folder);
  return {
    file,
    name,
    version,
    summary: metadata.get('summary')?.[0],
    requiresPython: metadata.get('requires-python')?.[0],
    tags: named.tags,
    pluginIds,
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    entries: archive.entries.size,
    unpackedBytes: archive.unpackedBytes,
    bytes,
  };
}

function distInfo(archive: Archive, { distribution, version }: WheelName): string {
  const { file } = archive;
  const tops = new Set([...archive.entries.keys()].map((path) => path.split('/', 1)[0] ?? ''));
  const folders = [...tops].filter((top) => top.toLowerCase().endsWith('.dist-info'));
  const [folder, another] = folders;
  if (folder === undefined || another !== undefined) {
    const what = folder ? `it has ${folders.join(' and ')}` : 'it has no .dist-info directory';
    throw new WheelRefusal(file, 'dist-info', what);
  }
  const [, name = '', text = ''] = /^([^-]+)-([^-]+)\.dist-info$/.exec(folder) ?? [];
  const own = parseVersion(text) ?? parseVersion(text.replaceAll('_', '-'));
  if (!sameName(name, distribution) || !own || compareVersions(own, version) !== 0) {
    const what = 'it does not have the name and version of the file name';
    throw new WheelRefusal(file, 'dist-info', what, { entry: `${folder}/` });
  }
  return folder;
}

function nameOf(metadata: Headers, { file }: Archive, folder: string, { distribution }: WheelName): string {
  const name = single(metadata, 'Name', file, `${folder}/METADATA`);
  const refuse = (what: string) => new WheelRefusal(file, 'name', what, { entry: `${folder}/METADATA` });
  if (!NAME_PATTERN.test(name) || [...name].length > MAX_NAME_CHARACTERS) {
    throw refuse(`"${name}" is not a valid package name`);
  }
  if (!sameName(name, distribution)) {
    throw refuse(`its Name is "${name}", but the file name has "${distribution}"`);
  }
  return name;
}

function versionOf(metadata: Headers, { file }: Archive, folder: string, named: WheelName): string {
  const version = single(metadata, 'Version', file, `${folder}/METADATA`);
  const refuse = (what: string) => new WheelRefusal(file, 'version', what, { entry: `${folder}/METADATA` });
  const parsed = parseVersion(version);
  if (!parsed) {
    throw refuse(`"${version}" is not a valid version (${VERSION_LIMITS})`);
  }
  if (compareVersions(parsed, named.version) !== 0) {
    throw refuse(`its Version is "${version}", which differs from the file name`);
  }
  return version;
}

/** A later minor version is compatible. */
function checkMetadataVersion(metadata: Headers, { file }: Archive, folder: string): void {
  const [version = '2.1'] = metadata.get('metadata-version') ?? [];
  if (!/^[12]\.\d+$/.test(version)) {
    throw new WheelRefusal(file, 'metadata', `its Metadata-Version "${version}" is unknown`, {
      entry: `${folder}/METADATA`,
    });
  }
}

/** @see https://packaging.python.org/en/latest/specifications/binary-distribution-format/#the-data-directory */
function checkDataDirectories({ file, entries }: Archive): void {
  for (const { path, directory } of entries.values()) {
    if (!directory && /^[^/]*\.data\//.test(path) && !/^[^/]*\/(purelib|platlib|headers|scripts|data)\//.test(path)) {
      const [, scheme = ''] = path.split('/');
      throw new WheelRefusal(file, 'data-directory', `pip does not know where to install "${scheme}"`, { entry: path });
    }
  }
}

async function checkTags(archive: Archive, folder: string, { tags }: WheelName): Promise<void> {
  const entry = `${folder}/WHEEL`;
  const wheel = await headersOf(archive, entry, 'tags');
  const refuse = (what: string) => new WheelRefusal(archive.file, 'tags', what, { entry });
  const [format = ''] = wheel.get('wheel-version') ?? [];
  if (!/^1\.\d+$/.test(format)) {
    throw refuse(format ? `its Wheel-Version is ${format}` : 'it has no Wheel-Version');
  }
  const found = new Set<string>();
  for (const line of new Set(wheel.get('tag') ?? [])) {
    for (const tag of expandTag(line) ?? [line]) {
      if (!tags.includes(tag)) {
        throw refuse(`it has the tag "${tag}", which is not in the file name`);
      }
      found.add(tag);
    }
  }
  const missing = tags.find((tag) => !found.has(tag));
  if (missing !== undefined) {
    throw refuse(`the tag ${missing} of the file name is missing`);
  }
}

async function pluginsOf(archive: Archive, folder: string): Promise<string[]> {
  const entry = `${folder}/entry_points.txt`;
  const found = pluginEntryPoints(await archive.text(needed(archive, entry, 'entry-points'), MAX_SHORT_TEXT_BYTES));
  if ('what' in found) {
    throw new WheelRefusal(archive.file, 'entry-points', found.what, { entry });
  }
  return found.map(({ name }) => name);
}

async function headersOf(archive: Archive, path: string, rule: Rule): Promise<Headers> {
  const maxBytes = rule === 'metadata' ? MAX_TEXT_BYTES : MAX_SHORT_TEXT_BYTES;
  return parseHeaders(await archive.text(needed(archive, path, rule), maxBytes));
}

function needed(archive: Archive, path: string, rule: Rule): ArchiveEntry {
  const entry = archive.entries.get(path);
  if (!entry) {
    throw new WheelRefusal(archive.file, rule, 'it is missing', { entry: path });
  }
  return entry;
}

function single(headers: Headers, name: string, file: string, entry: string): string {
  const [value, second] = headers.get(name.toLowerCase()) ?? [];
  if (!value || second !== undefined) {
    throw new WheelRefusal(file, 'metadata', value ? `it has more than one ${name}` : `it has no ${name}`, { entry });
  }
  return value;
}
