import { createHash } from 'node:crypto';
import type { Archive } from './archive.ts';
import { parseRecord, type RecordLine } from './record.ts';
import { MAX_TEXT_BYTES, WheelRefusal } from './refusal.ts';

/** Files that cannot have a hash in RECORD. */
const EXEMPT = ['RECORD', 'RECORD.jws', 'RECORD.p7s'];

/**
 * Unpacks every file of an archive and compares it with its line in RECORD.
 * @param folder the `.dist-info` directory
 * @throws WheelRefusal for an unlisted file, a listed file that is missing, a wrong hash or size
 */
export async function checkRecord(archive: Archive, folder: string): Promise<void> {
  const { file, entries } = archive;
  const path = `${folder}/RECORD`;
  const refuse = (what: string, entry = path) => new WheelRefusal(file, 'record', what, { entry });
  const record = entries.get(path);
  if (!record) {
    throw refuse('it is missing');
  }
  const lines = parseRecord(await archive.text(record, MAX_TEXT_BYTES));
  if ('what' in lines) {
    throw refuse(`line ${lines.line} ${lines.what}`);
  }
  // macOS decomposes names, but not RECORD. No two entries differ only in that.
  const files = new Set([...entries.values()].flatMap((entry) => (entry.directory ? [] : [entry.path.normalize()])));
  const listed = new Map<string, RecordLine>();
  for (const line of lines) {
    const name = line.path.normalize();
    if (listed.has(name)) {
      throw refuse(`it lists "${line.path}" twice`);
    }
    if (!files.has(name)) {
      throw refuse(`it lists "${line.path}", which is not in the archive`);
    }
    listed.set(name, line);
  }
  for (const entry of entries.values()) {
    const line = listed.get(entry.path.normalize());
    const exempt = EXEMPT.some((name) => entry.path === `${folder}/${name}`);
    if (entry.directory) {
      continue;
    }
    if (!line?.hash && !exempt) {
      throw refuse(line ? 'it has no hash in RECORD' : 'it is not in RECORD', entry.path);
    }
    const hash = line?.hash && createHash(line.hash.algorithm);
    await archive.read(entry, (chunk) => hash?.update(chunk));
    if (line?.size !== undefined && line.size !== entry.size) {
      throw refuse(`it has ${entry.size} bytes, but ${line.size} in RECORD`, entry.path);
    }
    if (hash && hash.digest('base64url') !== line?.hash?.digest) {
      throw refuse('its hash differs from RECORD', entry.path);
    }
  }
}
