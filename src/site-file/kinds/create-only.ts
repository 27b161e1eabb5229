import { experimentColumns } from '../../domain/experiments.ts';
import { checkVersion } from '../../domain/firmware.ts';
import { Experiment, FirmwareUpdate } from '../../entities/index.ts';
import { InvalidInputError } from '../../errors.ts';
import { ISO_8601, offsetMinutes } from '../../text/iso-8601.ts';
import { excerpt } from '../../text/printable.ts';
import type { FieldsOf } from '../format.ts';
import { defineKind } from '../model.ts';
import { type Owned, ownerColumn, ownerField } from './fields.ts';

export const FIRMWARE = defineKind<FirmwareUpdate, FieldsOf<'firmware'> & Owned>({
  name: 'firmware',
  singular: 'firmware version',
  entity: FirmwareUpdate,
  isCreateOnly: true,
  uniques: ['version'],
  nameOf: ({ version }) => version,
  fieldsOf: (firmware, names) => ({
    release_notes: firmware.releaseNotes ?? null,
    file_path: firmware.filePath ?? null,
    file_hash_sha256: firmware.fileHashSha256 ?? null,
    file_size_bytes: firmware.fileSizeBytes ?? null,
    ...ownerField(firmware, names),
  }),
  columns: (_em, version, fields, keys) => ({
    version: checkVersion(version),
    releaseNotes: fields.release_notes,
    filePath: fields.file_path,
    fileHashSha256: fields.file_hash_sha256,
    fileSizeBytes: fields.file_size_bytes,
    ...ownerColumn(fields, keys),
  }),
});

export const EXPERIMENTS = defineKind<Experiment, FieldsOf<'experiments'> & Owned>({
  name: 'experiments',
  singular: 'experiment',
  entity: Experiment,
  isCreateOnly: true,
  uniques: ['name'],
  nameOf: ({ name }) => name,
  fieldsOf: (experiment, names) => ({
    // One that is planned or running has no such time, and is never equal to a declared one.
    started_on: experiment.startedOn ?? '',
    stopped_on: experiment.stoppedOn ?? '',
    ...ownerField(experiment, names),
  }),
  columns: (_em, name, { started_on: startedOn, stopped_on: stoppedOn, ...owner }, keys) => ({
    ...experimentColumns({ name, startedOn: checkedTime(startedOn), stoppedOn: checkedTime(stoppedOn) }),
    ...ownerColumn(owner, keys),
  }),
});

/** @throws InvalidInputError unless it is a moment in ISO 8601 */
function checkedTime(text: string): string {
  const [, day, , , second, fraction = '', offset = ''] = ISO_8601.exec(text) ?? [];
  // Date reads 30 February as 2 March.
  const exists = new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day ?? '') && !Number.isNaN(Date.parse(text));
  if (second === undefined || fraction.length > 6 || !exists || Number.isNaN(offsetMinutes(offset || 'none'))) {
    throw new InvalidInputError(`${excerpt(text)} is not a valid time.`, {
      hint: 'Write it with its offset, such as 2026-01-31T13:45:00+01:00.',
    });
  }
  return text;
}
