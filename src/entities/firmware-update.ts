import { defineEntity, p } from '@mikro-orm/core';
import { choice, ids, now } from './columns.ts';
import { TimestampType } from './types.ts';
import { User } from './user.ts';

/** The states of an update, in order. */
export const UPDATE_STATUSES = [
  'pending',
  'downloading',
  'verifying',
  'applying',
  'completed',
  'failed',
  'rolled_back',
] as const;

export const FirmwareUpdateSchema = defineEntity({
  name: 'FirmwareUpdate',
  tableName: 'firmware_updates',
  properties: {
    ...ids(),
    version: p.string().length(50).unique(),
    releaseNotes: p.text().nullable(),
    filePath: p.string().length(500).nullable(),
    status: choice(UPDATE_STATUSES, 'pending').index(),
    fileHashSha256: p.string().length(64).nullable(),
    fileSizeBytes: p.integer().nullable(),
    errorMessage: p.text().nullable(),
    startedOn: p.type(TimestampType).nullable(),
    completedOn: p.type(TimestampType).nullable(),
    user: () => p.manyToOne(User).joinColumn('user_public_id').index().deleteRule('set null').nullable().ref(),
    createdOn: now().index(),
  },
});

/** A firmware version and the state of its over-the-air update. */
export class FirmwareUpdate extends FirmwareUpdateSchema.class {}
FirmwareUpdateSchema.setClass(FirmwareUpdate);
