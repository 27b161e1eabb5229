import type { FirmwareRow } from '../../domain/firmware.ts';
import { FirmwareUpdate } from '../../entities/index.ts';
import type { Noun } from '../standard/noun.ts';

export const FIRMWARE: Noun<FirmwareRow> = {
  entity: FirmwareUpdate,
  singular: 'firmware',
  made: 'registered',
  key: 'version',
  columns: ['version', 'status', 'file_size_bytes', 'started_on', 'completed_on', 'public_id'],
  orderBy: { createdOn: 'desc' },
};
