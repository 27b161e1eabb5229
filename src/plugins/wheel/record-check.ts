import { createHash } from 'node:crypto';
import type { Archive } from './archive.ts';
import { parseRecord, type RecordLine } from './record.ts';
import { MAX_TEXT_BYTES, WheelRefusal } from './refusal.ts';

/** What cannot have its own hash in RECORD. */
const EXEMPT = ['RECORD', 'RECORD.jws', 'RECORD.p7s'];

/**
 * Unpacks every file of an archive and compares it with what RECORD says of it.
 * @param folder the `.dist-info` directory
 * @throws WheelRefusal for a file that is not listed, a listed one that is not there, a wrong hash or size
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
  const listed = new Map<string, RecordLine>();
  for (const line of lines) {
    if (listed.has(line.path)) {
      throw refuse(`it lists "${line.path}" twice`);
    }
    if (entries.get(line.path)?.directory !== false) {
      throw refuse(`it lists "${line.path}", which the archive lacks`);
    }
    listed.set(line.path, line);
  }
  for (const entry of entries.values()) {
    const line = listed.get(entry.path);
    const exempt = EXEMPT.some((name) => entry.path === `${folder}/${name}`);
    if (entry.directory) {
      continue;
    }
    if (!line?.hash && !exempt) {
      throw refuse(line ? 'RECORD has no hash of it' : 'it is not in RECORD', entry.path);
    }
    const hash = line?.hash && createHash(line.hash.algorithm);
    await archive.read(entry, (piece) => hash?.update(piece));
    if (line?.size !== undefined && line.size !== entry.size) {
      throw refuse(`it has ${entry.size} bytes, and ${line.size} in RECORD`, entry.path);
    }
    if (hash && hash.digest('base64url') !== line?.hash?.digest) {
      throw refuse('its hash is not that of RECORD', entry.path);
    }
  }
}
