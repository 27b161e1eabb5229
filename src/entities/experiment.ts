import { randomUUID } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/core';
import { TimestampType } from './types.ts';
import { userReference } from './user.ts';

/** A time-bounded campaign; it is active while `stoppedOn` is null. */
export const Experiment = defineEntity({
  name: 'Experiment',
  tableName: 'experiments',
  properties: {
    id: p.integer().primary(),
    publicId: p
      .string()
      .length(100)
      .unique()
      .onCreate(() => randomUUID()),
    name: p.string().length(255).unique(),
    startedOn: p.type(TimestampType).nullable().defaultRaw('now()').index(),
    stoppedOn: p.type(TimestampType).nullable().index(),
    userPublicId: userReference().index().deleteRule('cascade'),
    createdOn: p.type(TimestampType).defaultRaw('now()'),
  },
});

/** The column of a row that belongs to an experiment: its public id, as plain text. */
export function experimentReference() {
  return p.manyToOne(Experiment).targetKey('publicId').mapToPk().$type<string>().joinColumn('experiment_public_id');
}
