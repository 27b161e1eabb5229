import { defineEntity, p } from '@mikro-orm/core';
import { eventReference } from './event.ts';
import { experimentReference } from './experiment.ts';
import { DoubleType, TimestampType } from './types.ts';
import { uuidv7 } from './uuid.ts';

/** One measured value of one event at one moment. Bulk writes go through COPY, not through this entity. */
export const Datapoint = defineEntity({
  name: 'Datapoint',
  tableName: 'datapoints',
  properties: {
    id: p.integer().primary(),
    publicId: p
      .string()
      .length(100)
      .unique()
      .onCreate(() => uuidv7()),
    value: p.type(DoubleType),
    timestamp: p.type(TimestampType).defaultRaw('now()').index(),
    eventPublicId: eventReference().deleteRule('cascade'),
    experimentPublicId: experimentReference().deleteRule('set null').nullable(),
    createdOn: p.type(TimestampType).defaultRaw('now()'),
  },
  indexes: [
    { name: 'ix_datapoints_event_ts', properties: ['eventPublicId', 'timestamp'] },
    { name: 'ix_datapoints_experiment_ts', properties: ['experimentPublicId', 'timestamp'] },
  ],
});
