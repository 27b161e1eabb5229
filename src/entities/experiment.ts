import { defineEntity, p } from '@mikro-orm/core';
import { idsWithPublicKey, now } from './columns.ts';
import { Datapoint } from './datapoint.ts';
import { TimestampType } from './types.ts';
import { User } from './user.ts';

export const ExperimentSchema = defineEntity({
  name: 'Experiment',
  tableName: 'experiments',
  properties: {
    ...idsWithPublicKey(),
    name: p.string().length(255).unique(),
    startedOn: p.type(TimestampType).nullable().defaultRaw('now()').index(),
    stoppedOn: p.type(TimestampType).nullable().index(),
    user: () => p.manyToOne(User).joinColumn('user_public_id').index().deleteRule('cascade').ref(),
    createdOn: now(),
    datapoints: () => p.oneToMany(Datapoint).mappedBy('experiment'),
  },
});

/** A time-bounded campaign; it is active while `stoppedOn` is null. */
export class Experiment extends ExperimentSchema.class {}
ExperimentSchema.setClass(Experiment);
