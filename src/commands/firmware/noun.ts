import { usernamesOf } from '../../auth/users.ts';
import type { FirmwareRow } from '../../domain/firmware.ts';
import { FirmwareUpdate } from '../../entities/index.ts';
import type { Noun } from '../standard/noun.ts';

export const FIRMWARE: Noun<FirmwareRow> = {
  entity: FirmwareUpdate,
  singular: 'firmware',
  made: 'registered',
  key: 'version',
  columns: ['version', 'status', 'file_size_bytes', 'started_on', 'completed_on', 'owner', 'public_id'],
  orderBy: { createdOn: 'desc' },
  derived: {
    columns: ['owner'],
    rows: async (em, updates) => {
      const names = await usernamesOf(em, updates);
      return updates.map(({ user }) => ({ owner: names.get(user?.publicId ?? '') ?? null }));
    },
  },
};
