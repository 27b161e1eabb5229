import { defineEntity, p } from '@mikro-orm/core';
import { Event } from './event.ts';
import { Experiment } from './experiment.ts';
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
    eventPublicId: p
      .manyToOne(Event)
      .targetKey('publicId')
      .mapToPk()
      .$type<string>()
      .joinColumn('event_public_id')
      .deleteRule('cascade'),
    experimentPublicId: p
      .manyToOne(Experiment)
      .targetKey('publicId')
      .mapToPk()
      .$type<string>()
      .joinColumn('experiment_public_id')
      .index()
      .deleteRule('set null')
      .nullable(),
    createdOn: p.type(TimestampType).defaultRaw('now()'),
  },
  indexes: [{ name: 'ix_datapoints_event_ts', properties: ['eventPublicId', 'timestamp'] }],
});
